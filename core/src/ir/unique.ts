import type { EntityIR, FieldIR } from './ir.ts'
import { isOneToOne } from './refer.ts'

/**
 * Fields whose values, taken together, at most one row of a tenant may hold; a row that lacks one of them holds
 * none. Kept by the claim table, under the writer's lock.
 */
export interface UniqueKey {
  /**
   * Names the key in the claim table: `<entity#>.<field#>+<field#>`. Fields by ascending number, so that neither a
   * rename nor another order of declaration makes it another key.
   */
  readonly index: string
  /** By ascending number: the order of the values that are claimed. */
  readonly on: readonly FieldIR[]
}

const known = new WeakMap<EntityIR, readonly UniqueKey[]>()

/** The unique keys of an entity: one-to-one fields, then unique indexes as declared. Computed once per entity. */
export function uniqueKeys(entity: EntityIR): readonly UniqueKey[] {
  const present = known.get(entity)
  if (present) return present
  const lists = [
    ...entity.fields.filter(({ type }) => isOneToOne(type)).map(({ name }) => [name]),
    ...entity.indexes.filter(({ unique }) => unique).map(({ on }) => on),
  ]
  const keys = lists.flatMap(on => keyOf(entity, on) ?? [])
  const distinct = [...new Map(keys.map(key => [key.index, key])).values()]
  known.set(entity, distinct)
  return distinct
}

/** Undefined where a field is unknown: the checker's finding. */
function keyOf(entity: EntityIR, names: readonly string[]): UniqueKey | undefined {
  const on = names.flatMap(name => entity.fields.find(field => field.name === name) ?? [])
  if (on.length < names.length || on.length === 0) return undefined
  const sorted = on.sort((a, b) => a.number - b.number)
  return { index: `${entity.number}.${sorted.map(({ number }) => number).join('+')}`, on: sorted }
}

/** A way to name one row by its values: a unique key, or the natural key its id is made from. */
export interface LookupKey {
  /** The claim index; null: the natural key, which is in the id and claims nothing. */
  readonly index: string | null
  /** As declared. */
  readonly on: readonly FieldIR[]
}

/** The natural key, if there is one, then the unique keys over other fields. */
export function lookupKeys(entity: EntityIR): readonly LookupKey[] {
  const natural = entity.key.flatMap(name => entity.fields.find(field => field.name === name) ?? [])
  const isNatural = ({ on }: UniqueKey): boolean =>
    on.length === natural.length && on.every(field => natural.includes(field))
  const keys = uniqueKeys(entity).filter(key => !isNatural(key))
  return [...(natural.length ? [{ index: null, on: natural }] : []), ...keys]
}
