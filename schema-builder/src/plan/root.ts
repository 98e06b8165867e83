import type { MaybePromise } from '@zg/core/ports/scope'
import { columnsOf } from '@zg/core/query/columns'
import { type GraphQLObjectType, isListType, isNonNullType, print } from 'graphql'
import { chain, together } from '../execute/maybe.ts'
import { entityOf } from '../resolve/entity.ts'
import type { Input } from '../resolve/input.ts'
import { keyedRead } from '../resolve/key.ts'
import { PAGE_LIMIT } from '../resolve/page.ts'
import type { Collected } from './collect.ts'
import { connectionPlan } from './connection.ts'
import { DOUBT, UNPLANNED } from './doubt.ts'
import { type Asked, asked, type Bound, made } from './field.ts'
import { rowsById, wholeList } from './level.ts'
import { type Level, levelOf, once, type Prepare, type Run } from './object.ts'
import type { Planning } from './planning.ts'
import { argumentsKey, fieldsOf, type Reads, readBelow } from './reads.ts'
import { absent, note, type Texts } from './row.ts'

/** The root as JSON text. */
type Answer = (run: Run) => MaybePromise<string>

/** The members of Query, or of Subscription, where the same fields are live. */
export function rootPlan(
  planning: Planning,
  type: GraphQLObjectType,
  fields: Collected,
  reads: Reads,
): Answer {
  const byId: ById = { groups: new Map(), reads }
  const members = [...fields].map(([alias, nodes]): Member => {
    const one = asked(type, alias, nodes)
    return typeof one === 'string' ? () => one : member(planning, one, byId)
  })
  return run => {
    const root: Root = { done: new Map(), wanted: wantedOf(run, byId), texts: new Map() }
    return chain(together(members.map(each => () => each(run, root))), texts => `{${texts.join(',')}}`)
  }
}

/** One run, so far. */
interface Root extends Pick<Level, 'done'> {
  /** By entity, all that are asked for: they are read together. */
  readonly wanted: ReadonlyMap<string, Wanted>
  readonly texts: Map<Group, MaybePromise<Texts>>
}

interface Wanted {
  readonly ids: Set<string>
  /** What the groups read that ask for one of these ids: a group that asks for none reads nothing. */
  readonly reads: Set<Reads>
}

type Member = (run: Run, root: Root) => MaybePromise<string>

function member(planning: Planning, one: Asked, byId: ById): Member {
  const { binding } = one
  switch (binding.kind) {
    case 'rows': {
      const connection = connectionPlan(planning, one, { to: binding.entity }, byId.reads)
      return (run, { done }) =>
        chain(connection(run, { lists: wholeList(run.operation), done }), write => one.key + write(0))
    }
    case 'row':
      return rowById(planning, one, [binding.entity], byId)
    case 'node':
      return rowById(planning, one, everything(planning), byId)
    case 'someNodes':
      return rowsWithIds(planning, one, byId)
    case 'byKey':
      return rowByKey(planning, one, binding, byId.reads)
    default:
      throw UNPLANNED
  }
}

function everything({ catalog }: Planning): readonly string[] {
  return catalog.entities.map(({ name }) => name)
}

/** Fields that ask for rows by id; those that select the same are one group, for which what is below is read once. */
interface ById {
  readonly groups: Map<string, Group>
  readonly reads: Reads
}

interface Group {
  /** By entity. `base` is the read that all groups share, `own` what this one reads of it. */
  readonly plans: ReadonlyMap<
    string,
    { readonly base: Reads; readonly own: Reads; readonly prepare: Prepare<Level> }
  >
  readonly ids: ((run: Run) => readonly string[])[]
}

function groupOf(
  planning: Planning,
  entities: readonly string[],
  { nodes }: Asked,
  { groups, reads }: ById,
): Group {
  const selection = nodes.map(({ selectionSet }) => (selectionSet ? print(selectionSet) : '')).join(' ')
  const name = `${entities.join(' ')} ${selection}`
  const known = groups.get(name)
  if (known) return known
  const plans = entities.map(entity => {
    const base = readBelow(reads, `ids ${entity}`)
    const own = readBelow(base, selection)
    return [
      entity,
      { base, own, prepare: planning.rows(planning.catalog.entity(entity), nodes, own) },
    ] as const
  })
  const made: Group = { plans: new Map(plans), ids: [] }
  groups.set(name, made)
  return made
}

function wantedOf(run: Run, { groups }: ById): Root['wanted'] {
  const wanted = new Map<string, Wanted>()
  for (const { ids: given, plans } of groups.values()) {
    for (const id of given.flatMap(of => of(run))) {
      const entity = entityOf(run.operation.services.catalog, id)?.name
      const plan = entity === undefined ? undefined : plans.get(entity)
      // What can be no id of these entities is an error, which graphql words.
      if (entity === undefined || !plan) throw DOUBT
      const known = wanted.get(entity)
      if (known) {
        known.ids.add(id)
        known.reads.add(plan.own)
      } else wanted.set(entity, { ids: new Set([id]), reads: new Set([plan.own]) })
    }
  }
  return wanted
}

function textsOf(run: Run, root: Root, group: Group): MaybePromise<Texts> {
  const known = root.texts.get(group)
  if (known) return known
  const wanted = new Set(group.ids.flatMap(of => of(run)))
  const texts = new Map<unknown, () => string>()
  const reads = [...group.plans].map(([entity, { base, prepare }]) => () => {
    const all = root.wanted.get(entity)
    if (!all || ![...all.ids].some(id => wanted.has(id))) return
    const fields = [...new Set([...all.reads].flatMap(own => [...own.fields]))].sort()
    const read = once(root, base, () => rowsById(run.operation, entity, fields, [...all.ids]))
    return chain(read, columns => {
      const rows = columns.ids.flatMap((id, at) => (wanted.has(id) ? at : []))
      if (rows.length)
        return chain(prepare(run, levelOf(columns, rows)), write => note(texts, columns, rows, write))
    })
  })
  const made = chain(together<unknown>(reads), (): Texts => texts)
  root.texts.set(group, made)
  return made
}

function rowById(planning: Planning, one: Asked, entities: readonly string[], byId: ById): Member {
  const { key, field } = one
  const group = groupOf(planning, entities, one, byId)
  const none = absent(field.type, key)
  const idOf = made(one, ({ id }) => String(id))
  group.ids.push(run => [idOf(run)])
  return (run, root) =>
    chain(textsOf(run, root, group), texts => {
      const text = texts.get(idOf(run))
      return text ? key + text() : none()
    })
}

function rowsWithIds(planning: Planning, one: Asked, byId: ById): Member {
  const group = groupOf(planning, everything(planning), one, byId)
  const type = isNonNullType(one.field.type) ? one.field.type.ofType : one.field.type
  if (!isListType(type)) throw UNPLANNED
  const none = absent(type.ofType, '')
  const idsIn = made(one, ({ ids }) => {
    const list = ids as readonly unknown[]
    if (list.length > PAGE_LIMIT) throw DOUBT
    return list.map(String)
  })
  group.ids.push(idsIn)
  return (run, root) =>
    chain(textsOf(run, root, group), texts => {
      const rows = idsIn(run).map(id => {
        const text = texts.get(id)
        return text ? text() : none()
      })
      return `${one.key}[${rows.join(',')}]`
    })
}

function rowByKey(planning: Planning, one: Asked, { entity }: Bound<'byKey'>, above: Reads): Member {
  const { key, field, nodes } = one
  const reads = readBelow(above, `key ${entity} ${argumentsKey(nodes)}`)
  const prepare = planning.rows(planning.catalog.entity(entity), nodes, reads)
  const none = absent(field.type, key)
  const readOf = made(one, ({ key: given }, { operation }) =>
    keyedRead(operation.services, entity, given as Input),
  )
  return run => {
    const { operation } = run
    const read = readOf(run)
    const fields = fieldsOf(reads)
    // The operation gathers what several fields ask for by one key.
    const row = 'id' in read ? operation.row(entity, fields, read.id) : operation.keyed(read, fields)
    return chain(row, found =>
      found ? chain(prepare(run, levelOf(columnsOf(fields, [found]))), write => key + write(0)) : none(),
    )
  }
}
