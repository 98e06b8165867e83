import type { FieldIR, TypeIR } from '@zg/core/ir/ir'
import type { Json } from '@zg/core/json'
import { stepOf } from '@zg/core/query/path'
import { type SQL, sql } from 'drizzle-orm'
import { elementText } from '../column.ts'
import { declaredType, elementType } from '../tables/columns.ts'
import type { EntityTable, Layout } from '../tables/layout.ts'

/** What compiling needs to know; `alias` gives each table of the statement a name of its own. */
export interface Compiler {
  readonly tables: Layout
  alias(): string
}

export function createCompiler(tables: Layout): Compiler {
  let count = 0
  return { tables, alias: () => `t${count++}` }
}

/** The row that an expression is about: a table under its alias. */
export interface Place {
  readonly table: EntityTable
  readonly alias: string
  /** Where else its id stands: behind an edge the edge has it, in the order of its own index. */
  readonly id?: SQL
}

/** A field of a row in scope. */
export interface Term {
  readonly sql: SQL
  readonly field: FieldIR
}

const ID: FieldIR = {
  name: 'id',
  number: 0,
  crdt: 'register',
  type: { kind: 'scalar', scalar: 'id' },
  optional: false,
  once: true,
  graphql: {},
}

export function column({ alias }: Place, name: string): SQL {
  return sql`${sql.identifier(alias)}.${sql.identifier(name)}`
}

/** A field of the row itself; `id` is one, too. */
export function termOf(place: Place, field: string): Term {
  if (field === 'id') return { sql: place.id ?? column(place, 'id'), field: ID }
  const found = place.table.column(field)
  return { sql: column(place, found.name), field: found.field }
}

/** `"public"."film" as "t0"` */
export function from({ table, alias }: Place): SQL {
  return sql`${sql.raw(table.sql)} as ${sql.identifier(alias)}`
}

/**
 * Follows one to-one step. `link` holds between the row and the one it leads to; at most one row satisfies it, but
 * for the other end of a one-to-one while its claim is being sorted out by hand.
 */
export function toOne(
  compiler: Compiler,
  at: Place,
  step: string,
): { readonly place: Place; readonly link: SQL } {
  const way = stepOf(at.table.view, step)
  if (!way) throw new Error(`${at.table.view.name}.${step} is no to-one relation`)
  const place = { table: compiler.tables.entity(way.to), alias: compiler.alias() }
  if (way.kind === 'ref') {
    // Of a polymorphic one, ids of other entities are in no row of this table.
    const reference = column(at, at.table.column(way.field).name)
    return { place, link: sql`${sameTenant(place, at)} and ${column(place, 'id')} = ${reference}` }
  }
  const reference = column(place, place.table.column(way.via).name)
  return { place, link: sql`${sameTenant(place, at)} and ${reference} = ${column(at, 'id')}` }
}

/** Follows a relation to many rows: what stands behind `from`, and the condition that binds it to the row. */
export function toMany(
  compiler: Compiler,
  at: Place,
  step: string,
): { readonly place: Place; readonly source: SQL; readonly link: SQL } {
  return related(compiler, at.table, step, column(at, 'tenant'), column(at, 'id'))
}

/** As `toMany`, for a row of which only tenant and id are known. */
export function related(
  compiler: Compiler,
  table: EntityTable,
  step: string,
  tenant: SQL,
  id: SQL,
): { readonly place: Place; readonly source: SQL; readonly link: SQL } {
  const inverse = table.view.inverses.get(step)
  if (!inverse) throw new Error(`${table.view.name}.${step} is no relation to many`)
  if (inverse.kind !== 'edges') {
    const place = { table: compiler.tables.entity(inverse.from), alias: compiler.alias() }
    const reference = column(place, place.table.column(inverse.via).name)
    const link = sql`${column(place, 'tenant')} = ${tenant} and ${reference} = ${id}`
    return { place, source: from(place), link }
  }
  const edges = compiler.tables.relation(inverse.relation)
  const { near, far, target } =
    inverse.end === 'from'
      ? { near: edges.from, far: edges.to, target: edges.relation.to }
      : { near: edges.to, far: edges.from, target: edges.relation.from }
  const edge = sql.identifier(compiler.alias())
  const end = sql`${edge}.${sql.identifier(far)}`
  const place = { table: compiler.tables.entity(target), alias: compiler.alias(), id: end }
  // An edge shows only if both ends do; joining the far end is what hides the others.
  const join = sql`${column(place, 'tenant')} = ${edge}.tenant and ${column(place, 'id')} = ${end}`
  return {
    place,
    source: sql`${sql.raw(edges.sql)} as ${edge} join ${from(place)} on ${join}`,
    link: sql`${edge}.tenant = ${tenant} and ${edge}.${sql.identifier(near)} = ${id}`,
  }
}

function sameTenant(one: Place, other: Place): SQL {
  return sql`${column(one, 'tenant')} = ${column(other, 'tenant')}`
}

/**
 * A constant as the type of the field it is compared with. It travels as text: drivers would turn a boolean's text
 * into something else, and a `boolean[]` they cannot send.
 */
export function constant({ type }: FieldIR, value: Json): SQL {
  const text = elementText(type, value)
  if (text !== undefined) return sql`${text}::text::${sql.raw(declaredType(elementType(type)))}`
  const { text: other, cast } = outOfRange(type, value)
  return sql`${other}::text::${sql.raw(cast)}`
}

/** A list of constants as one parameter; nulls, which equal nothing, are left out. */
export function constants(field: FieldIR, values: readonly Json[]): SQL {
  const present = values.filter(value => value !== null)
  const texts = present.map(value => elementText(field.type, value))
  const odd = present.find((_, i) => texts[i] === undefined)
  const cast = odd === undefined ? elementType(field.type) : outOfRange(field.type, odd).cast
  const list = odd === undefined ? texts : present.map(value => String(value))
  return sql`${sql.param(list)}::text[]::${sql.raw(cast)}[]`
}

/** Numbers beyond the column's range still compare, in a type that holds them. */
function outOfRange(type: TypeIR, value: Json): { readonly text: string; readonly cast: string } {
  const scalar = type.kind === 'scalar' ? type.scalar : undefined
  if (scalar === 'int' && typeof value === 'number') return { text: String(value), cast: 'double precision' }
  if (scalar === 'decimal' && typeof value === 'string' && /^-?[0-9]+(\.[0-9]+)?$/.test(value))
    return { text: value, cast: 'numeric' }
  const isInteger = typeof value === 'string' && /^-?[0-9]+$/.test(value)
  if (scalar === 'bigint' && isInteger) return { text: value, cast: 'numeric' }
  throw new Error(`${JSON.stringify(value)} is no ${scalar ?? type.kind}`)
}
