import { createHash } from 'node:crypto'
import { isReference } from '@zg/core/ir/refer'
import { type SQL, sql } from 'drizzle-orm'
import { index, type PgTable, pgTable, primaryKey } from 'drizzle-orm/pg-core'
import { typed } from './columns.ts'
import { documentOf, searchedColumns } from './fulltext.ts'
import { type EdgeTable, type EntityTable, type Layout, quoted } from './layout.ts'

type AnyColumns = Record<string, ReturnType<typeof typed>>

/** The projection tables of a model as drizzle knows them: for DDL, generated code and cold paths. */
export function projectionTables({ entities, relations }: Layout): readonly PgTable[] {
  return [...[...entities.values()].map(entityTable), ...[...relations.values()].map(edgeTable)]
}

function entityTable({ view, table, columns }: EntityTable): PgTable {
  const fields: AnyColumns = Object.fromEntries(columns.map(({ name, cast }) => [name, typed(name, cast)]))
  const shape: AnyColumns = {
    tenant: typed('tenant', 'text').notNull(),
    id: typed('id', 'text').notNull(),
    ...fields,
    _state: typed('_state', 'jsonb').notNull(),
  }
  const name = new Map(columns.map(column => [column.field.name, column.name]))
  const references = columns.filter(column => isReference(column.field.type)).map(column => [column.name])
  const declared = view.ir.indexes.flatMap(({ on, kind }) =>
    kind === 'fulltext' ? [] : [{ kind, on: on.map(field => name.get(field) ?? field) }],
  )
  const searched = searchedColumns(view.ir, field => name.get(field) ?? field)
  const wanted = [...references.map(on => ({ kind: 'btree' as const, on })), ...declared]
  return pgTable(table, shape, t => [
    primaryKey({ name: indexName(table, ['pkey']), columns: [column(t, 'tenant'), column(t, 'id')] }),
    ...distinctIndexes(wanted).map(({ on, kind }) => {
      const made = index(indexName(table, [...on, kind === 'hash' ? 'hash' : 'idx']))
      // Postgres' hash indexes hold one column; rows of other tenants are told apart at the row.
      const [first, ...rest] = kind === 'hash' ? on : ['tenant', ...on]
      return made.using(kind, column(t, first ?? 'tenant'), ...rest.map(one => column(t, one)))
    }),
    ...(searched.length
      ? [index(indexName(table, [...searched, 'fulltext'])).using('gin', documentOf(searched.map(raw)))]
      : []),
  ])
}

/** Both ends are found by index: `from` by the key, `to` by the second index. */
function edgeTable({ table, from, to }: EdgeTable): PgTable {
  const shape: AnyColumns = {
    tenant: typed('tenant', 'text').notNull(),
    [from]: typed(from, 'text').notNull(),
    [to]: typed(to, 'text').notNull(),
    _state: typed('_state', 'jsonb').notNull(),
  }
  return pgTable(table, shape, t => [
    primaryKey({
      name: indexName(table, ['pkey']),
      columns: [column(t, 'tenant'), column(t, from), column(t, to)],
    }),
    index(indexName(table, [to, 'idx'])).on(column(t, 'tenant'), column(t, to), column(t, from)),
  ])
}

function raw(column: string): SQL {
  return sql.raw(quoted(column))
}

interface Wanted {
  readonly kind: 'btree' | 'hash'
  readonly on: readonly string[]
}

function distinctIndexes(wanted: readonly Wanted[]): readonly Wanted[] {
  const byName = new Map<string, Wanted>()
  for (const { kind, on } of wanted) {
    const one: Wanted = { kind: on.length > 1 ? 'btree' : kind, on }
    byName.set(`${one.kind} ${on.join()}`, one)
  }
  return [...byName.values()]
}

/**
 * Tables and indexes share one space of names, which Postgres cuts at 63 bytes: `film_pkey` could be a table, and
 * `film_a_b` an index on one column or on two. The hash tells them apart.
 */
export function indexName(table: string, parts: readonly string[]): string {
  const hash = createHash('sha256')
    .update(JSON.stringify([table, parts]))
    .digest('hex')
    .slice(0, 8)
  return `${[table, ...parts].join('_').slice(0, 54)}_${hash}`
}

function column<T>(columns: { readonly [name: string]: T }, name: string): T {
  const found = columns[name]
  if (found === undefined) throw new Error(`The table has no column ${name}`)
  return found
}
