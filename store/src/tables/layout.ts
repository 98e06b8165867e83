import { catalog, type EntityView } from '@zg/core/ir/catalog'
import type { EdgeRelationIR, FieldIR, ModelIR } from '@zg/core/ir/ir'
import { names } from '@zg/core/ir/names'
import { castOf } from './columns.ts'

/** Where the projections live, for any SQL tool to read. */
export const PROJECTIONS = 'public'

/** Which tables hold a model's rows and edges. Built once per model; lookups are O(1). */
export interface Layout {
  readonly model: ModelIR
  /** The schema of `pg_trgm`, where searches find words that are alike; null without it. */
  readonly alike: string | null
  readonly entities: ReadonlyMap<number, EntityTable>
  readonly relations: ReadonlyMap<number, EdgeTable>
  /** Throws on a name the model does not have. */
  entity(name: string): EntityTable
  relation(name: string): EdgeTable
}

export interface EntityTable {
  readonly view: EntityView
  /** As in the layout. */
  readonly alike: string | null
  /** Without schema and quotes. */
  readonly table: string
  /** As SQL: `"public"."film"`. */
  readonly sql: string
  /** In the order of declaration. */
  readonly columns: readonly FieldColumn[]
  column(field: string): FieldColumn
}

export interface FieldColumn {
  readonly field: FieldIR
  /** Without quotes. */
  readonly name: string
  /** SQL type of the values: `integer`, `text[]`. */
  readonly cast: string
}

export interface EdgeTable {
  readonly relation: EdgeRelationIR
  readonly table: string
  readonly sql: string
  readonly from: string
  readonly to: string
}

export function layout(model: ModelIR, alike: string | null = null): Layout {
  const entities = entityTables(model, alike)
  const relations = edgeTables(model)
  const byName = new Map([...entities.values()].map(table => [table.view.name, table]))
  const relationsByName = new Map([...relations.values()].map(table => [table.relation.name, table]))
  return {
    model,
    alike,
    entities,
    relations,
    entity: name => found(byName.get(name), `entity ${name}`),
    relation: name => found(relationsByName.get(name), `relation ${name}`),
  }
}

function entityTables(model: ModelIR, alike: string | null): ReadonlyMap<number, EntityTable> {
  const all = names(model).names
  return new Map(
    catalog(model).entities.map(view => {
      const { table, fields } = found(all.entities[view.name], `names of ${view.name}`)
      const columns = view.ir.fields.map(field => {
        const name = found(fields[field.name]?.column ?? undefined, `column of ${view.name}.${field.name}`)
        return { field, name, cast: castOf(field) }
      })
      const byField = new Map(columns.map(column => [column.field.name, column]))
      const column = (field: string) => found(byField.get(field), `field ${view.name}.${field}`)
      return [view.ir.number, { view, alike, table, sql: qualified(table), columns, column }]
    }),
  )
}

function edgeTables(model: ModelIR): ReadonlyMap<number, EdgeTable> {
  const all = names(model).names
  return new Map(
    model.relations.map(relation => {
      const { table, from, to } = found(all.relations[relation.name], `names of ${relation.name}`)
      return [relation.number, { relation, table, sql: qualified(table), from, to }]
    }),
  )
}

/** Names come from core/ir/names, which lets nothing through that quotes would have to be doubled for. */
export function quoted(name: string): string {
  return `"${name}"`
}

function qualified(table: string): string {
  return `${quoted(PROJECTIONS)}.${quoted(table)}`
}

function found<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`The model has no ${what}`)
  return value
}
