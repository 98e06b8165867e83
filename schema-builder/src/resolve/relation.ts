import type { MaybePromise } from '@zg/core/ports/scope'
import type { Row } from '@zg/core/query/query'
import type { GraphQLObjectType, GraphQLResolveInfo } from 'graphql'
import { chain } from '../execute/maybe.ts'
import type { Operation } from '../execute/operation.ts'
import type { Binding } from './binding.ts'
import { entityOf } from './entity.ts'
import { type Page, type PageArgs, pageOf, planOf } from './page.ts'
import { refusal } from './refusal.ts'
import { columnsOf } from './selection.ts'

type Of<K extends Binding['kind']> = Extract<Binding, { readonly kind: K }>

/** The row that an argument asks for; null if there is none. Throws `BAD_ID` for what can be no id of the entity. */
export function rowById(
  operation: Operation,
  entity: string,
  id: string,
  info: GraphQLResolveInfo,
): MaybePromise<Row | null> {
  const { catalog } = operation.services
  if (entityOf(catalog, id)?.name === entity) return row(operation, entity, id, info)
  throw badId(id, `an id of ${entity}; those look like ${catalog.entity(entity).ir.prefix}_...`)
}

/** Any entity's row: its id says which. Throws `BAD_ID` for what can be no id of the model. */
export function nodeById(
  operation: Operation,
  id: string,
  info: GraphQLResolveInfo,
): MaybePromise<Row | null> {
  const entity = entityOf(operation.services.catalog, id)
  if (entity) return row(operation, entity.name, id, info)
  throw badId(id, 'an id of any entity here; use one as the API gave it')
}

function badId(id: string, words: string) {
  return refusal('BAD_ID', ['id'], `${JSON.stringify(id)} is not ${words}`)
}

/** With the columns that the field at `info` selects. */
export function row(operation: Operation, entity: string, id: string, info: GraphQLResolveInfo) {
  return operation.row(entity, wanted(operation, entity, info), id)
}

export function toOne(operation: Operation, { field, to }: Of<'one'>, parent: Row, info: GraphQLResolveInfo) {
  const id = parent[field]
  // A live query that finds no target here waits for the parent to change, not for the target's entity.
  return typeof id === 'string' ? row(operation, to, id, info) : null
}

export function single(
  operation: Operation,
  { entity, relation, to }: Of<'single'>,
  parent: Row,
  info: GraphQLResolveInfo,
): MaybePromise<Row | null> {
  const query = { entity: to, order: [{ path: ['id'], direction: 'asc' }], limit: 1 } as const
  const read = { entity, relation, query, key: `${entity}.${relation}` }
  return chain(operation.related(read, wanted(operation, to, info), parent.id), ([only]) => only ?? null)
}

export function toMany(
  operation: Operation,
  { entity, relation, to }: Of<'many'>,
  parent: Row,
  args: PageArgs,
  info: GraphQLResolveInfo,
): MaybePromise<Page> {
  const name = `${entity}.${relation}`
  const plan = planOf(operation, { entity: to, args, relation: name }, info)
  const read = { entity, relation, query: plan.query, key: `${name} ${plan.key}` }
  return chain(operation.related(read, plan.fields, parent.id), rows => pageOf(plan, rows))
}

export function list(operation: Operation, entity: string, args: PageArgs, info: GraphQLResolveInfo) {
  const plan = planOf(operation, { entity, args }, info)
  return chain(operation.list({ ...plan.query, fields: plan.fields }), rows => pageOf(plan, rows))
}

function wanted(operation: Operation, name: string, info: GraphQLResolveInfo): readonly string[] {
  const { catalog, names } = operation.services
  const columns = operation.once(info.fieldNodes, () => new Map<string, readonly string[]>())
  const known = columns.get(name)
  if (known) return known
  const type = info.schema.getType(names.entities[name]?.type ?? '') as GraphQLObjectType
  const made = columnsOf(info, info.fieldNodes, type, catalog.entity(name))
  columns.set(name, made)
  return made
}
