import { type Problem, problem } from '../problem.ts'

/** Null if the value from outside is as it should be, else what is wrong with it, and where. Never throws. */
export type Check = (value: unknown, path: readonly string[]) => Problem | null

type Members = { readonly [name: string]: Check }

/** An object with exactly these members, and no others than the optional ones. */
export function record(members: Members, optional: Members = {}): Check {
  const names = Object.keys(members)
  return (value, path) => {
    if (!isPlain(value)) return refuse(path, 'must be an object')
    for (const name of Object.keys(value)) {
      if (Object.hasOwn(optional, name)) {
        const found = optional[name]?.(value[name], [...path, name])
        if (found) return found
      } else if (!Object.hasOwn(members, name))
        return refuse([...path, name], 'is not a member of this format')
    }
    for (const name of names) {
      if (!Object.hasOwn(value, name)) return refuse([...path, name], 'is missing')
      const found = members[name]?.(value[name], [...path, name])
      if (found) return found
    }
    return null
  }
}

/** A list whose items all pass; `min` of them at least. */
export function list(item: Check, min = 0): Check {
  return (value, path) => {
    if (!Array.isArray(value)) return refuse(path, 'must be a list')
    if (value.length < min) return refuse(path, 'must not be empty')
    for (let i = 0; i < value.length; i++) {
      const found = item(value[i], [...path, String(i)])
      if (found) return found
    }
    return null
  }
}

/** A value for which `test` holds; `message` completes "a.b ...". */
export function only(test: (value: unknown) => boolean, message: string): Check {
  return (value, path) => (test(value) ? null : refuse(path, message))
}

/** Any text, empty and unstorable ones included: what is said to people is not kept. */
export const words: Check = only(value => typeof value === 'string', 'must be text')

/** For what was looked at already. */
export const passed: Check = () => null

export function orNull(check: Check): Check {
  return (value, path) => (value === null ? null : check(value, path))
}

/** An object of the kind that its member `kind` names. */
export function oneOf(kinds: Members): Check {
  return (value, path) => {
    const kind = isPlain(value) ? value.kind : undefined
    const check = typeof kind === 'string' && Object.hasOwn(kinds, kind) ? kinds[kind] : undefined
    return check
      ? check(value, path)
      : refuse([...path, 'kind'], `must be one of ${Object.keys(kinds).join(', ')}`)
  }
}

/** The first check, then, if it passes, the second. */
export function both(first: Check, second: Check): Check {
  return (value, path) => first(value, path) ?? second(value, path)
}

export function integer(min: number, max: number = Number.MAX_SAFE_INTEGER): Check {
  return only(
    value => Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max,
    `must be an integer from ${min} to ${max}`,
  )
}

/** Text of 1 to `max` UTF-16 code units that every store can hold. */
export function text(max: number): Check {
  return only(
    value => typeof value === 'string' && value.length > 0 && value.length <= max && isStorable(value),
    `must be text of 1 to ${max} characters, without NUL and unpaired surrogates`,
  )
}

/** Any JSON value, nested at most `depth` deep, of storable text and without members called `__proto__`. */
export function json(depth: number): Check {
  return (value, path) => {
    if (value === null || typeof value === 'boolean') return null
    if (typeof value === 'string') {
      return isStorable(value) ? null : refuse(path, 'must not hold NUL or unpaired surrogates')
    }
    if (typeof value === 'number')
      return Number.isFinite(value) ? null : refuse(path, 'must be a finite number')
    if (depth === 0) return refuse(path, 'is nested too deep')
    if (Array.isArray(value)) return list(json(depth - 1))(value, path)
    if (!isPlain(value)) return refuse(path, 'must be JSON')
    for (const [name, member] of Object.entries(value)) {
      // Postgres keeps no NUL, and an assignment to `__proto__` would change an object's nature somewhere below.
      if (name === '__proto__' || !isStorable(name))
        return refuse([...path, name], 'is not a legal member name')
      const found = json(depth - 1)(member, [...path, name])
      if (found) return found
    }
    return null
  }
}

export function refuse(path: readonly string[], message: string): Problem {
  return problem('BAD_CHANGE', path, `${path.at(-1) ?? 'The change'} ${message}`)
}

export function isPlain(value: unknown): value is { readonly [name: string]: unknown } {
  if (typeof value !== 'object' || value === null) return false
  const prototype = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

function isStorable(value: string): boolean {
  return !value.includes('\0') && !/\p{Surrogate}/u.test(value)
}
