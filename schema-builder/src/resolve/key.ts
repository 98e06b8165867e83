import { valuesOf } from '@zg/core/act/given'
import { keyId } from '@zg/core/change/id'
import { type LookupKey, lookupKeys } from '@zg/core/ir/unique'
import type { Json } from '@zg/core/json'
import type { MaybePromise } from '@zg/core/ports/scope'
import type { Row } from '@zg/core/query/query'
import { parseValue } from '@zg/core/query/scalar'
import type { GraphQLResolveInfo } from 'graphql'
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
  const { key, values } = keyOf(operation.services, entity, input)
  for (const { name, type } of key.on) {
    const parsed = parseValue(type, values[name])
    if (!parsed.ok) throw refusal('BAD_VALUE', ['key', name], parsed.message)
  }
  const inOrder = valuesOf(key, values)
  const { prefix } = operation.services.catalog.entity(entity).ir
  if (key.index === null) return row(operation, entity, keyId(prefix, inOrder), info)
  const on = key.on.map(({ name }) => name)
  return operation.keyed({ entity, on, values: inOrder }, wanted(operation, entity, info))
}
