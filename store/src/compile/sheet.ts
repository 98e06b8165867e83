import type { FieldIR } from '@zg/core/ir/ir'
import { type SQL, sql } from 'drizzle-orm'
import { castOf } from '../tables/columns.ts'

/**
 * What the one row of a gathering statement holds: `k`, how many rows there are; `n`, which parent each belongs to
 * (1 and up); `id`; its fields `c0`, `c1`...; its keys `o0`, `o1`... Each is a single text with all rows' values
 * between separators, which costs this process a quarter of reading the rows one by one, and Postgres no more.
 * Beside a text `c0` stands `c0n`, how many rows have one: a value that looks like no value shows by that.
 */
export interface Sheet {
  /** The fields of `c0`, `c1`... */
  readonly columns: readonly FieldIR[]
  /** Of keyed queries: the fields of the order. */
  readonly keys: readonly FieldIR[]
  readonly numbered: boolean
  /**
   * How texts stand in it: `plain` as they are; `quoted` as JSON, in which no separator can occur, for data that holds
   * one itself (`readSheet` tells).
   */
  readonly form: 'plain' | 'quoted'
}

/** Unit and record separator of ASCII: allowed in texts, and seen in hardly any. */
export const BETWEEN = '\x1f'
export const NOTHING = '\x1e'

/** The rows of a select, in its order, as one row. */
export function gathered(select: SQL, { columns, keys, numbered, form }: Sheet): SQL {
  const list = [
    sql`count(*)::text as k`,
    ...(numbered ? [sql`string_agg(s.n::text, ${separator}) as n`] : []),
    sql`string_agg(s.id, ${separator}) as id`,
    ...columns.flatMap((field, i) => column(`c${i}`, field, form)),
    ...keys.flatMap((field, i) => column(`o${i}`, field, form)),
  ]
  // An aggregate takes the rows of a subquery as they are sorted there.
  return sql`select ${sql.join(list, sql`, `)} from (${select}) as s`
}

const separator = sql.raw(`E'\\x1f'`)
const nothing = sql.raw(`E'\\x1e'`)

function column(name: string, field: FieldIR, form: Sheet['form']): readonly SQL[] {
  const at = sql`s.${sql.identifier(name)}`
  const all = (printed: SQL) =>
    sql`string_agg(coalesce(${printed}, ${nothing}), ${separator}) as ${sql.identifier(name)}`
  if (field.crdt === 'set') return [all(sql`to_json(${at}::text[])::text`)]
  if (!isText(field)) return [all(sql`${at}::text`)]
  if (form === 'quoted') return [all(sql`to_json(${at})::text`)]
  return [all(at), sql`count(${at})::text as ${sql.identifier(`${name}n`)}`]
}

/** Whether any character can stand in its values; a set travels as JSON. */
export function isText(field: FieldIR): boolean {
  return castOf(field) === 'text'
}
