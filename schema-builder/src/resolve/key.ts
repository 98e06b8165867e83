import { valuesOf } from '@zg/core/act/given'
import { keyId } from '@zg/core/change/id'
import { type LookupKey, lookupKeys } from '@zg/core/ir/unique'
import type { Json } from '@zg/core/json'
import type { MaybePromise } from '@zg/core/ports/scope'
import type { Row } from '@zg/core/query/query'
import { parseValue } from '@zg/core/query/scalar'
import type { GraphQLResolveInfo } from 'graphql'
import type { KeyedRead } from '../execute/keyed.ts'
import type { Operation } from '../execute/operation.ts'
import type { Services } from '../execute/services.ts'
import type { Input } from './input.ts'
import { refusal } from './refusal.ts'
import { row, wanted } from './relation.ts'
import type { Key } from './script.ts'

/** Which key of the entity a `MovieKey` names, and its values by field. */
export function keyOf(
  { catalog, names }: Services,
  entity: string,
  input: Input,
): { readonly key: LookupKey; readonly values: Key } {
  const keys = lookupKeys(catalog.entity(entity).ir)
  const own = names.entities[entity]
  const [given] = Object.entries(input)
  const at = own?.keys.findIndex(({ graphql }) => graphql === given?.[0]) ?? -1
  const key = keys[at]
  if (!given || !own || !key) throw new Error(`${entity} has no key ${given?.[0]}`)
  const value = (name: string): Json => {
    if (key.on.length === 1) return given[1] as Json
    return (given[1] as { readonly [name: string]: Json })[own.fields[name]?.graphql ?? name] ?? null
  }
  return { key, values: Object.fromEntries(key.on.map(({ name }) => [name, value(name)])) }
}

/** The row with these values, or null; however many are asked for by one key, one statement. */
export function rowByKey(
  operation: Operation,
  entity: string,
  input: Input,
  info: GraphQLResolveInfo,
): MaybePromise<Row | null> {
  const read = keyedRead(operation.services, entity, input)
  if ('id' in read) return row(operation, entity, read.id, info)
  return operation.keyed(read, wanted(operation, entity, info))
}

/** How the row with these values is read: by its id if they make one. Throws `BAD_VALUE`. */
export function keyedRead(
  services: Services,
  entity: string,
  input: Input,
): KeyedRead | { readonly id: string } {
  const { key, values: given } = keyOf(services, entity, input)
  const values: { [name: string]: Json } = {}
  for (const { name, type } of key.on) {
    const parsed = parseValue(type, given[name])
    if (!parsed.ok) throw refusal('BAD_VALUE', ['key', name], parsed.message)
    // In its one form: the rows found are told apart by it.
    values[name] = parsed.value
  }
  const inOrder = valuesOf(key, values)
  const { prefix } = services.catalog.entity(entity).ir
  if (key.index === null) return { id: keyId(prefix, inOrder) }
  return { entity, on: key.on.map(({ name }) => name), values: inOrder }
}
