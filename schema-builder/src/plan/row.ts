import type { EntityView } from '@zg/core/ir/catalog'
import type { MaybePromise } from '@zg/core/ports/scope'
import { type Columns, columnOf } from '@zg/core/query/columns'
import { type FieldNode, isNonNullType } from 'graphql'
import { chain, together } from '../execute/maybe.ts'
import { entityOf } from '../resolve/entity.ts'
import { connectionPlan } from './connection.ts'
import { DOUBT, UNPLANNED } from './doubt.ts'
import { type Asked, askedOf, type Bound, objectType } from './field.ts'
import { leafOf } from './leaf.ts'
import { lists, rowsById } from './level.ts'
import {
  constant,
  type Level,
  levelOf,
  objectOf,
  once,
  type Prepare,
  type Run,
  type Write,
} from './object.ts'
import type { Planning } from './planning.ts'
import { fieldsOf, type Reads, readBelow } from './reads.ts'

/** What is asked of rows of one entity. `nodes`: the fields that answer such a row, of which the selections are merged. */
export function rowPlan(
  planning: Planning,
  entity: EntityView,
  nodes: readonly FieldNode[],
  reads: Reads,
): Prepare<Level> {
  const type = objectType(planning.source, planning.names.entities[entity.name]?.type)
  reads.rows = true
  const members = askedOf(planning.source, type, nodes).map(one =>
    typeof one === 'string' ? constant(one) : member(planning, entity, one, reads),
  )
  return (run, level) => chain(together(members.map(each => () => each(run, level))), objectOf)
}

function member(planning: Planning, { name }: EntityView, one: Asked, reads: Reads): Prepare<Level> {
  const { binding } = one
  switch (binding.kind) {
    case 'property':
      if (binding.name !== 'id') throw UNPLANNED
      return data(one, 'id')
    case 'column':
    case 'computed':
      reads.fields.add(binding.field)
      return data(one, binding.field)
    case 'one':
      reads.fields.add(binding.field)
      return toOne(planning, one, binding.field, [binding.to], reads)
    case 'oneOf':
      reads.fields.add(binding.field)
      return toOne(planning, one, binding.field, binding.to, reads)
    case 'single':
      return single(planning, one, binding, reads)
    case 'many': {
      const list = { to: binding.to, relation: `${name}.${binding.relation}` }
      const connection = connectionPlan(planning, one, list, reads)
      return (run, level) =>
        below(
          level,
          ids => connection(run, { lists: lists(run.operation, binding, ids), done: level.done }),
          one.key,
        )
    }
    default:
      throw UNPLANNED
  }
}

/** Values of the row itself. */
function data({ key, field }: Asked, name: string): Prepare<Level> {
  const leaf = leafOf(field.type)
  return (_, { columns }) => {
    const values = columnOf(columns, name)
    return at => key + leaf(values[at])
  }
}

/** Rows of several entities are told apart by the ids that lead to them. */
function toOne(
  planning: Planning,
  { key, field, nodes }: Asked,
  via: string,
  to: readonly string[],
  reads: Reads,
): Prepare<Level> {
  const plans = rowPlans(planning, to, nodes, reads, via)
  const none = absent(field.type, key)
  return (run, level) => {
    const ids = columnOf(level.columns, via)
    const leading = () => level.rows.flatMap(row => ids[row] ?? [])
    return chain(found(run, level, plans, leading), texts => at => {
      const text = texts.get(ids[at])
      return text === undefined ? none() : key + text()
    })
  }
}

/** By entity: what is asked of its rows, and the read that brings them. */
type RowPlans = ReadonlyMap<string, { readonly reads: Reads; readonly prepare: Prepare<Level> }>

/** `via`: what leads to the rows. Everybody who goes that way shares the reads. */
function rowPlans(
  planning: Planning,
  entities: readonly string[],
  nodes: readonly FieldNode[],
  above: Reads,
  via: string,
): RowPlans {
  return new Map(
    entities.map(name => {
      const reads = readBelow(above, `one ${via} ${name}`)
      return [name, { reads, prepare: planning.rows(planning.catalog.entity(name), nodes, reads) }]
    }),
  )
}

/** Rows by the ids that lead to them, each written when it is first asked for. Other values lead nowhere. */
function found(
  run: Run,
  above: Pick<Level, 'done'>,
  plans: RowPlans,
  leading: () => readonly unknown[],
): MaybePromise<Texts> {
  const texts = new Map<unknown, () => string>()
  const wanted = grouped(run, plans, leading())
  const reads = [...plans].map(([entity, plan]) => () => {
    const ids = wanted.get(entity)
    if (!ids) return
    const fields = fieldsOf(plan.reads)
    const level = once(above, plan.reads, () =>
      chain(rowsById(run.operation, entity, fields, [...ids]), columns => levelOf(columns)),
    )
    return chain(level, rows =>
      chain(plan.prepare(run, rows), write => note(texts, rows.columns, rows.rows, write)),
    )
  })
  return chain(together<unknown>(reads), (): Texts => texts)
}

function grouped({ operation }: Run, plans: RowPlans, leading: readonly unknown[]) {
  const [only] = plans.keys()
  const wanted = new Map<string, Set<string>>()
  for (const id of leading) {
    if (typeof id !== 'string') continue
    const entity = plans.size === 1 ? only : entityOf(operation.services.catalog, id)?.name
    if (entity === undefined || !plans.has(entity)) continue
    const known = wanted.get(entity)
    if (known) known.add(id)
    else wanted.set(entity, new Set([id]))
  }
  return wanted
}

/** How rows are written, by their ids. */
export type Texts = ReadonlyMap<unknown, () => string>

export function note(
  texts: Map<unknown, () => string>,
  { ids }: Columns,
  rows: readonly number[],
  write: Write,
): void {
  for (const at of rows)
    texts.set(
      ids[at],
      kept(() => write(at)),
    )
}

function kept(write: () => string): () => string {
  let text: string | undefined
  return () => {
    text ??= write()
    return text
  }
}

/** The singular end of a one-to-one. */
function single(
  planning: Planning,
  { key, field, nodes }: Asked,
  binding: Bound<'single'>,
  above: Reads,
): Prepare<Level> {
  const reads = readBelow(above, `single ${binding.relation}`)
  const prepare = planning.rows(planning.catalog.entity(binding.to), nodes, reads)
  const none = absent(field.type, key)
  const query = { entity: binding.to, order: [{ path: ['id'], direction: 'asc' }], limit: 1 } as const
  return (run, level) =>
    below(
      level,
      ids => {
        const read = once(level, reads, () =>
          chain(
            lists(run.operation, binding, ids).rows({ ...query, fields: fieldsOf(reads) }),
            ({ columns, ends }) => ({ rows: levelOf(columns), ends }),
          ),
        )
        return chain(read, ({ rows, ends }) =>
          chain(prepare(run, rows), write => i => {
            const from = ends[i - 1] ?? 0
            return from === ends[i] ? none() : key + write(from)
          }),
        )
      },
      '',
    )
}

/** What hangs below the distinct rows of a level, written by their place among these. */
function below(
  { columns, rows }: Level,
  prepare: (ids: readonly string[]) => MaybePromise<Write>,
  key: string,
): MaybePromise<Write> {
  const places = new Map<string, number>()
  for (const row of rows) {
    const id = columns.ids[row]
    if (id !== undefined && !places.has(id)) places.set(id, places.size)
  }
  if (!places.size) return () => ''
  return chain(
    prepare([...places.keys()]),
    write => at => key + write(places.get(columns.ids[at] ?? '') ?? -1),
  )
}

/** What stands for a row that is not there. */
export function absent(type: Asked['field']['type'], key: string): () => string {
  const text = `${key}null`
  return () => {
    if (isNonNullType(type)) throw DOUBT
    return text
  }
}
