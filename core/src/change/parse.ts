import { decodeBytes } from '../base64url.ts'
import { canonical, type Json } from '../json.ts'
import type { Problem } from '../problem.ts'
import { changeBytes } from './bytes.ts'
import { CHANGE_VERSION, type Change, type Op } from './change.ts'
import {
  both,
  type Check,
  integer,
  json,
  list,
  oneOf,
  only,
  orNull,
  passed,
  record,
  refuse,
  text,
} from './check.ts'
import { isHlc } from './clock.ts'
import { parseEdgeKey, parseId } from './id.ts'
import { TEXT_UPDATE_LIMIT } from './kinds/text.ts'
import { areApart, isPointer } from './pointer.ts'

/** The canonical bytes of one change; as much as a whole mutation may have. */
export const MAX_CHANGE_BYTES = 8 * 2 ** 20
/** Levels of lists and objects in one value. */
const MAX_DEPTH = 32
/** Numbers of entities and fields fit Postgres' `integer`. */
const MAX_NUMBER = 2 ** 31 - 1
const MAX_DELTA = 2n ** 63n - 1n

/**
 * A change from outside, checked against CHANGE.md to the last member: what passes can be merged, logged and
 * hashed. What needs the schema (do the fields exist, are the types right) is the gateway's to judge.
 * A refusal is a problem with code `BAD_CHANGE` (tell them apart by `'code' in result`). O(size).
 */
export function parseChange(value: unknown): Change | Problem {
  const found = shape(value, [])
  if (found) return found
  const change = value as Change
  return across(change) ?? change
}

const hlc = only(isHlc, 'must be an HLC: 26 characters of Crockford base32, at most 128 bits')

/** Distinct tags; a tag counted twice would never be live. */
const tags = both(
  list(hlc),
  distinct(tag => tag as string),
)

const pointer = only(isPointer, 'must be a JSON Pointer through at most 32 members')

const register = record({ field: integer(1, MAX_NUMBER), kind: passed, value: json(MAX_DEPTH) })

const OPS: { readonly [kind in Op['kind']]: Check } = {
  create: record({ field: integer(0, 0), kind: passed }),
  delete: record({ field: integer(0, 0), kind: passed }),
  edge: record({
    field: integer(0, 0),
    kind: passed,
    add: only(isBoolean, 'must be a boolean'),
    remove: tags,
  }),
  register,
  counter: record({
    field: integer(1, MAX_NUMBER),
    kind: passed,
    by: only(isDelta, 'must be a decimal integer of at most 64 bits, as text'),
  }),
  set: record({
    field: integer(1, MAX_NUMBER),
    kind: passed,
    add: both(list(json(MAX_DEPTH)), distinct(canonicalOf)),
    remove: both(
      list(record({ element: json(MAX_DEPTH), tags })),
      distinct(item => canonicalOf((item as { readonly element: unknown }).element)),
    ),
  }),
  json: both(
    record({
      field: integer(1, MAX_NUMBER),
      kind: passed,
      set: list(record({ path: pointer, value: json(MAX_DEPTH) })),
      remove: list(pointer),
    }),
    only(
      value => isApart(value as Extract<Op, { kind: 'json' }>),
      'names a place twice, or one inside another',
    ),
  ),
  text: record({
    field: integer(1, MAX_NUMBER),
    kind: passed,
    update: only(isUpdate, `must be 1 to ${TEXT_UPDATE_LIMIT} bytes in base64url`),
  }),
}

const shape = record({
  v: only(value => value === CHANGE_VERSION, `must be ${CHANGE_VERSION}; a newer one needs a newer release`),
  id: hlc,
  tenant: text(256),
  schema: text(128),
  entity: integer(1, MAX_NUMBER),
  key: only(isKey, 'must be an id, or <from>|<to> of an edge'),
  ops: list(oneOf(OPS), 1),
  base: orNull(record({ log: text(128), seq: integer(0) })),
  by: text(1024),
  mutation: record({ client: text(256), n: integer(0), index: integer(0) }),
})

/** What one member alone cannot tell. */
function across(change: Change): Problem | null {
  const edge = parseEdgeKey(change.key) !== null
  let previous = -1
  for (const [i, op] of change.ops.entries()) {
    const path = ['ops', String(i)]
    if (op.field <= previous) return refuse([...path, 'field'], 'must be greater than that of the op before')
    previous = op.field
    if (op.field === 0 && (op.kind === 'edge') !== edge) {
      return refuse([...path, 'kind'], edge ? 'of an edge must be edge' : 'of a row must be create or delete')
    }
    if (op.kind === 'delete' && change.ops.length > 1) return refuse(path, 'is a delete and must stand alone')
    if (namesItself(op, change.id))
      return refuse([...path, 'remove'], 'must name tags of earlier changes only')
  }
  return changeBytes(change).length > MAX_CHANGE_BYTES
    ? refuse([], `must not be larger than ${MAX_CHANGE_BYTES} bytes; split it`)
    : null
}

function namesItself(op: Op, id: string): boolean {
  if (op.kind === 'edge') return op.remove.includes(id)
  return op.kind === 'set' && op.remove.some(({ tags }) => tags.includes(id))
}

function distinct(key: (item: unknown) => string): Check {
  return (value, path) => {
    const seen = new Set<string>()
    for (const [i, item] of (value as readonly unknown[]).entries()) {
      if (seen.has(key(item))) return refuse([...path, String(i)], 'is there twice')
      seen.add(key(item))
    }
    return null
  }
}

function isApart({ set, remove }: Extract<Op, { kind: 'json' }>): boolean {
  return areApart([...set.map(({ path }) => path), ...remove])
}

function isBoolean(value: unknown): boolean {
  return typeof value === 'boolean'
}

function isKey(value: unknown): boolean {
  return typeof value === 'string' && (parseId(value) !== null || parseEdgeKey(value) !== null)
}

function isDelta(value: unknown): boolean {
  if (typeof value !== 'string' || !/^(?:0|-?[1-9][0-9]{0,18})$/.test(value)) return false
  const delta = BigInt(value)
  return delta <= MAX_DELTA && delta >= -MAX_DELTA - 1n
}

/** What is inside is Yjs' matter, and the gateway's that lets it in. */
function isUpdate(value: unknown): boolean {
  if (typeof value !== 'string' || value.length === 0 || value.length > (TEXT_UPDATE_LIMIT * 4 + 2) / 3)
    return false
  return decodeBytes(value) !== null
}

function canonicalOf(value: unknown): string {
  return canonical(value as Json)
}
