import { canonical, type Json } from '@zg/core/json'
import type { MaybePromise } from '@zg/core/ports/scope'
import type { Row } from '@zg/core/query/query'
import { computedReads, NOTHING_RELATED } from '@zg/core/query/value'
import type { GraphQLObjectType, GraphQLResolveInfo } from 'graphql'
import { both, chain } from '../execute/maybe.ts'
import type { Operation } from '../execute/operation.ts'
import type { Binding } from './binding.ts'
import { entityOf } from './entity.ts'
import { PAGE_LIMIT, type Page, type PageArgs, pageOf, planOf } from './page.ts'
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
  throw badId(id, ANY_ID)
}

const ANY_ID = 'an id of any entity here; use one as the API gave it'

/** Rows by their ids, in the order asked; an id that can be none is an error at its place. Throws `TOO_LARGE`. */
export function nodesById(
  operation: Operation,
  ids: readonly string[],
  info: GraphQLResolveInfo,
): readonly (MaybePromise<Row | null> | Error)[] {
  if (ids.length > PAGE_LIMIT) {
    throw refusal('TOO_LARGE', ['ids'], `at most ${PAGE_LIMIT} ids at once, not ${ids.length}`)
  }
  return ids.map((id, i) => {
    const entity = entityOf(operation.services.catalog, id)
    return entity ? row(operation, entity.name, id, info) : badId(id, ANY_ID, ['ids', String(i)])
  })
}

function badId(id: string, words: string, path: readonly string[] = ['id']) {
  return refusal('BAD_ID', path, `${JSON.stringify(id)} is not ${words}`)
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

/** A feed's rows hold stored fields only. Of one that is gone by now, it is computed as of a row without any other. */
export function computed(
  operation: Operation,
  { entity, field }: Of<'computed'>,
  parent: Row,
): MaybePromise<Json> {
  if (Object.hasOwn(parent, field)) return parent[field] ?? null
  const { catalog } = operation.services
  return chain(operation.row(entity, [field], parent.id), found => {
    if (found) return found[field] ?? null
    const [made] = computedReads(catalog, entity, [field])
    return made ? made[1](parent, NOTHING_RELATED) : null
  })
}

/** Rows of each entity are loaded together, as along any to-one. */
export function oneOf(
  operation: Operation,
  { field, to }: Of<'oneOf'>,
  parent: Row,
  info: GraphQLResolveInfo,
): MaybePromise<Row | null> {
  const id = parent[field]
  const entity = typeof id === 'string' ? entityOf(operation.services.catalog, id) : undefined
  return entity && to.includes(entity.name) ? row(operation, entity.name, String(id), info) : null
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
  const { where, search } = plan.query
  const counted = { entity, relation, query: { entity: to, where, search }, key: `${name} ${plan.listKey}` }
  const exists: Page['exists'] = query => {
    const peek = { entity, relation, query, key: `${name} ${canonical(query as unknown as Json)}` }
    return chain(operation.related(peek, [], parent.id), rows => rows.length > 0)
  }
  return both(
    plan.rows ? operation.related(read, plan.fields, parent.id) : [],
    plan.measures.length ? operation.relatedTotals(counted, plan.measures, parent.id) : {},
    (rows, totals) => pageOf(plan, rows, totals, exists),
  )
}

export function list(operation: Operation, entity: string, args: PageArgs, info: GraphQLResolveInfo) {
  const plan = planOf(operation, { entity, args }, info)
  const { where, search } = plan.query
  const exists: Page['exists'] = query =>
    chain(operation.list({ ...query, fields: [] }), rows => rows.length > 0)
  return both(
    plan.rows ? operation.list({ ...plan.query, fields: plan.fields }) : [],
    plan.measures.length ? operation.totals({ entity, where, search, measures: plan.measures }) : {},
    (rows, totals) => pageOf(plan, rows, totals, exists),
  )
}

/** The columns that the selections at `info` read of a row. */
export function wanted(operation: Operation, name: string, info: GraphQLResolveInfo): readonly string[] {
  const { catalog, names } = operation.services
  const columns = operation.once(info.fieldNodes, () => new Map<string, readonly string[]>())
  const known = columns.get(name)
  if (known) return known
  const type = info.schema.getType(names.entities[name]?.type ?? '') as GraphQLObjectType
  const made = columnsOf(info, info.fieldNodes, type, catalog.entity(name))
  columns.set(name, made)
  return made
}
