import { canonical } from '../json.ts'
import { type Check, integer, isPlain, json, oneOf, only, orNull, passed, record, refuse } from './check.ts'
import { isHlc } from './clock.ts'
import { isPointer } from './pointer.ts'

/** Levels of lists and objects in one value: any number would do that ends. */
const DEPTH = 64

const hlc = only(isHlc, 'must be an HLC')

/**
 * A merged state from outside (`Instance`), to the last member of its cells: what passes can be merged on, and shown.
 * Whether its fields exist and its values have their types is for the holder of the schema. O(size).
 */
export const checkInstance: Check = record({
  born: orNull(hlc),
  dead: orNull(hlc),
  cells: entries(isField, oneOf(cells())),
})

function cells(): { readonly [kind: string]: Check } {
  const tags = entries(isHlc, only(isCount, 'must be an integer other than 0'))
  return {
    register: record({ kind: passed, at: hlc, value: json(DEPTH) }),
    counter: record({ kind: passed, sum: only(isDecimal, 'must be a decimal integer as text') }),
    set: record({ kind: passed, elements: entries(isCanonical, tags) }),
    edge: record({ kind: passed, tags }),
    json: record({ kind: passed, paths: entries(isPointer, record({ at: hlc }, { value: json(DEPTH) })) }),
  }
}

/** An object whose names all pass, and whose members do. */
function entries(name: (text: string) => boolean, member: Check): Check {
  return (value, path) => {
    if (!isPlain(value)) return refuse(path, 'must be an object')
    for (const [key, each] of Object.entries(value)) {
      const at = [...path, key]
      const found = name(key) ? member(each, at) : refuse(at, 'is not a legal member name')
      if (found) return found
    }
    return null
  }
}

function isField(name: string): boolean {
  return /^(?:0|[1-9][0-9]{0,9})$/.test(name) && integer(0, 2 ** 31 - 1)(Number(name), []) === null
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && value !== 0
}

function isDecimal(value: unknown): boolean {
  return typeof value === 'string' && /^(?:0|-?[1-9][0-9]{0,999})$/.test(value)
}

/** Elements are kept by their canonical JSON. */
function isCanonical(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text)
    return json(DEPTH)(value, []) === null && canonical(value as Parameters<typeof canonical>[0]) === text
  } catch {
    return false
  }
}
