import type { Change, Op } from '../change/change.ts'
import { sha256Hex } from '../hash.ts'
import { canonical, isList, type Json } from '../json.ts'
import type { Act, FieldActs } from './act.ts'

/**
 * Identifies what a mutation asks for, so that a retry under the same mutation id is told from another mutation.
 * Ids made for this call count as the place where they were made, wherever they are named: a retry carries fresh
 * ones. What the model's functions made for this call does not count. 64 hex digits.
 */
export function bodyHash(acts: readonly Act[]): string {
  const made = new Map<string, Json>()
  acts.forEach((act, i) => {
    if (act.kind === 'create' && act.generated) made.set(act.id, { made: i })
  })
  const body = acts.map((act): Json => {
    const when = act.given ? [withPlaces(act.given as unknown as Json, made)] : []
    const head = [act.kind, act.entity, made.get(act.id) ?? act.id, ...when]
    if (act.kind === 'delete') return act.force ? [...head, { force: true }] : head
    return [...head, withPlaces(given(act) as unknown as Json, made)]
  })
  return sha256Hex(canonical(body))
}

/**
 * The same of pushed changes: what they do to which rows, without their ids, tags and bases, so that what was stamped
 * anew is the same mutation. No list of acts has this hash.
 */
export function changesHash(changes: readonly Change[]): string {
  const body = changes.map(
    ({ entity, key, ops }): Json => [entity, key, ops.map(withoutTags) as unknown as Json],
  )
  return sha256Hex(canonical({ changes: body }))
}

function withoutTags(op: Op): unknown {
  if (op.kind === 'edge') return { field: 0, kind: 'edge', add: op.add }
  if (op.kind !== 'set') return op
  return { ...op, remove: op.remove.map(({ element }) => element) }
}

function given(act: Exclude<Act, { kind: 'delete' }>): FieldActs {
  const made = act.kind === 'create' ? (act.authored ?? []) : []
  if (!made.length) return act.fields
  return Object.fromEntries(Object.entries(act.fields).filter(([name]) => !made.includes(name)))
}

function withPlaces(value: Json, made: ReadonlyMap<string, Json>): Json {
  if (made.size === 0) return value
  if (typeof value === 'string') return made.get(value) ?? value
  if (typeof value !== 'object' || value === null) return value
  if (isList(value)) return value.map(item => withPlaces(item, made))
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, withPlaces(item, made)]))
}
