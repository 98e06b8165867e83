/** Exact decimal numbers as text. */

/** Digits of a decimal in all, as in Postgres' `numeric(38, scale)`. */
export const DECIMAL_DIGITS = 38

const DECIMAL = /^(-?)(0|[1-9]\d*)(?:\.(\d+))?$/

/**
 * The one form of a decimal: exactly `scale` digits behind the point, no plus sign, no leading zeros, no minus zero.
 * Missing digits are filled up with zeros; null for what has more of them, more digits in all than DECIMAL_DIGITS,
 * or is no decimal number. O(length).
 */
export function parseDecimal(text: string, scale: number): string | null {
  const parts = DECIMAL.exec(text)
  if (!parts) return null
  const [, sign = '', whole = '', fraction = ''] = parts
  const digits = whole === '0' ? 0 : whole.length
  if (fraction.length > scale || digits + scale > DECIMAL_DIGITS) return null
  const plain = scale === 0 ? whole : `${whole}.${fraction.padEnd(scale, '0')}`
  return /[1-9]/.test(plain) ? sign + plain : plain
}

/** Canonical decimals by value, whatever their scales: negative, zero or positive. O(length). */
export function compareDecimals(a: string, b: string): number {
  const negative = a.startsWith('-')
  if (negative !== b.startsWith('-')) return negative ? -1 : 1
  const sign = negative ? -1 : 1
  const [whole = '', fraction = ''] = a.slice(negative ? 1 : 0).split('.')
  const [otherWhole = '', otherFraction = ''] = b.slice(negative ? 1 : 0).split('.')
  if (whole.length !== otherWhole.length) return (whole.length - otherWhole.length) * sign
  const places = Math.max(fraction.length, otherFraction.length)
  const digits = whole + fraction.padEnd(places, '0')
  const otherDigits = otherWhole + otherFraction.padEnd(places, '0')
  return digits === otherDigits ? 0 : digits < otherDigits ? -sign : sign
}
