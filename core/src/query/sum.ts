/** An exact decimal number: `digits` times ten to the power of minus `places`. */
export interface Sum {
  readonly digits: bigint
  readonly places: number
}

/**
 * The exact sum of numbers as JavaScript or Postgres print them (`-12`, `0.10`, `5e-324`): independent of their
 * order, as a sum of doubles is not. O(numbers), with as many digits as their exponents are apart.
 */
export function exactSum(numbers: Iterable<string>): Sum {
  let sum: Sum = { digits: 0n, places: 0 }
  for (const text of numbers) sum = plus(sum, parse(text))
  return sum
}

export function plus(a: Sum, b: Sum): Sum {
  const places = Math.max(a.places, b.places)
  return { digits: scaled(a, places) + scaled(b, places), places }
}

function scaled({ digits, places }: Sum, to: number): bigint {
  return digits * 10n ** BigInt(to - places)
}

export function times(a: Sum, b: Sum): Sum {
  return { digits: a.digits * b.digits, places: a.places + b.places }
}

/** A number as JavaScript or Postgres print it. */
export function exactly(text: string): Sum {
  return parse(text)
}

function parse(text: string): Sum {
  const [mantissa = '', exponent = '0'] = text.split('e')
  const [whole = '', fraction = ''] = mantissa.split('.')
  const places = fraction.length - Number(exponent)
  const digits = BigInt(whole + fraction)
  return places < 0 ? { digits: digits * 10n ** BigInt(-places), places: 0 } : { digits, places }
}

/** With exactly so many places, cutting none that matter: `scale` is at least the sum's own. */
export function sumText(sum: Sum, scale: number): string {
  const digits = scaled(sum, Math.max(scale, sum.places))
  const negative = digits < 0n
  const text = String(negative ? -digits : digits).padStart(scale + 1, '0')
  const whole = scale ? `${text.slice(0, -scale)}.${text.slice(-scale)}` : text
  return negative ? `-${whole}` : whole
}

/** Beyond these a double overflows; below, dividing it further could underflow, which Postgres refuses to do. */
export const GREATEST = '1.7976931348623157e308'
export const LEAST = '1e-300'

/** The nearest double; null beyond `GREATEST`, 0 below `LEAST`. */
export function sumNumber(sum: Sum): number | null {
  const size: Sum = { ...sum, digits: sum.digits < 0n ? -sum.digits : sum.digits }
  if (less(parse(GREATEST), size)) return null
  return less(size, parse(LEAST)) ? 0 : Number(`${sum.digits}e${-sum.places}`)
}

function less(a: Sum, b: Sum): boolean {
  const places = Math.max(a.places, b.places)
  return scaled(a, places) < scaled(b, places)
}
