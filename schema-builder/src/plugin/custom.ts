import type { Row } from '@zg/core/query/query'
import DataLoader from 'dataloader'
import type { Context } from '../execute/context.ts'

/** A custom field as its resolver sees it; `types.ts` has what a builder's owner writes. */
export interface Custom {
  readonly select: readonly string[]
  readonly use?: (row: Row, context: Context) => unknown
  readonly load?: (rows: readonly Row[], context: Context) => unknown
}

/** Passes on what was selected, nothing else: what a field reads by accident must not depend on its neighbours. */
export function customResolver({
  select,
  use,
  load,
}: Custom): (row: unknown, args: object, context: Context) => unknown {
  const given = (row: unknown): Row =>
    Object.fromEntries(select.map(name => [name, (row as Row)[name] ?? null])) as Row
  if (use) return (row, _, context) => use(given(row), context)
  if (!load) throw new Error('A custom field needs `use` or `load`')
  return (row, _, context) =>
    context.zg
      .once(
        load,
        () =>
          new DataLoader<Row, unknown>(async rows => (await load(rows, context)) as readonly unknown[], {
            // Rows of one operation are told apart as they are: equal ones may be computed twice, never mixed up.
            cache: false,
          }),
      )
      .load(given(row))
}
