import { visible } from '../change/merge.ts'
import type { Catalog, EntityView } from '../ir/catalog.ts'
import { type LookupKey, lookupKeys } from '../ir/unique.ts'
import type { Json } from '../json.ts'
import { type Problem, problem } from '../problem.ts'
import { normalForm } from '../query/normal.ts'
import { parseValue } from '../query/scalar.ts'
import type { Act, Given } from './act.ts'
import { claimOf } from './claim.ts'
import type { ClaimKey, Needs } from './needs.ts'
import type { Draft } from './overlay.ts'
import { need, rowAddress } from './step.ts'

/** Leads to the key in the paths of problems; no field can be called so. */
export const GIVEN_KEY = 'given.key'

/** A condition that can be looked up: it names all fields of one key, each with a value that the field may hold. */
export function checkGiven(catalog: Catalog, given: Given, path: readonly string[]): readonly Problem[] {
  const entity = catalog.entities.find(({ name }) => name === given.entity)
  const key = entity && keyNamed(entity, given)
  if (!key)
    return [problem('BAD_KEY', [...path, GIVEN_KEY], 'The key is none of the unique keys of the entity')]
  return key.on.flatMap(({ name, type }) => {
    const parsed = parseValue(type, given.key[name])
    return parsed.ok ? [] : [problem('BAD_VALUE', [...path, GIVEN_KEY, name], parsed.message)]
  })
}

/** What tells whether the row is there: its claim, or, by its natural key, the row itself. */
export function needsOfGiven(catalog: Catalog, given: Given): Partial<Needs> {
  const entity = catalog.entity(given.entity)
  const claim = claimOfGiven(entity, given)
  return claim ? { claims: [claim] } : { instances: [rowAddress(entity, given.id)] }
}

/** The id of the row that the condition names, or null. */
export function* holderOf(
  catalog: Catalog,
  draft: Draft,
  given: Given,
): Generator<Needs, string | null, void> {
  const entity = catalog.entity(given.entity)
  yield* need(draft, needsOfGiven(catalog, given))
  const claim = claimOfGiven(entity, given)
  if (claim) return draft.claim(claim)
  return visible(draft.instance(rowAddress(entity, given.id))) ? given.id : null
}

function claimOfGiven(entity: EntityView, given: Given): ClaimKey | null {
  const key = keyNamed(entity, given)
  if (!key || key.index === null) return null
  return claimOf({ index: key.index }, valuesOf(key, given.key))
}

/** The values of a key in its own order, each in its one form. */
export function valuesOf({ on }: LookupKey, values: { readonly [field: string]: Json }): readonly Json[] {
  return on.map(({ name, type }) => normalForm(type, values[name] ?? null))
}

function keyNamed(entity: EntityView, { key }: Given): LookupKey | undefined {
  const names = Object.keys(key)
  return lookupKeys(entity.ir).find(
    ({ on }) => on.length === names.length && on.every(({ name }) => Object.hasOwn(key, name)),
  )
}

/** The act with one id in another's place, wherever it stands. Ids made at random occur nowhere by accident. */
export function withId(act: Act, from: string, to: string): Act {
  return from === to ? act : (replaced(act as unknown as Json, from, to) as unknown as Act)
}

function replaced(value: Json, from: string, to: string): Json {
  if (value === from) return to
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((item: Json) => replaced(item, from, to))
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, replaced(item, from, to)]))
}
