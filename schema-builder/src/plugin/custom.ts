import type { Row } from '@zg/core/query/query'
import DataLoader from 'dataloader'
import type { Context } from '../execute/context.ts'

/** A custom field as its resolver sees it; `types.ts` has what a builder's owner writes. */
export interface Custom {
  readonly select: readonly string[]
  readonly runs: 'anywhere' | 'gateway'
  readonly use?: (row: Row, context: Context) => unknown
  readonly load?: (rows: readonly Row[], context: Context) => unknown
}

/** Passes on what was selected, nothing else: what a field reads by accident must not depend on its neighbours. */
export function customResolver({
  select,
  runs,
  use,
  load,
}: Custom): (row: unknown, args: object, context: Context) => unknown {
  const given = (row: unknown): Row =>
    Object.fromEntries(select.map(name => [name, (row as Row)[name] ?? null])) as Row
  // What needs the world may take its time, and no snapshot waits for it.
  if (use && runs === 'gateway') return (row, _, context) => context.zg.aside(() => use(given(row), context))
  if (use) return (row, _, context) => use(given(row), context)
  if (!load) throw new Error('A custom field needs `use` or `load`')
  return (row, _, context) => context.zg.once(load, () => batched(load, context)).load(given(row))
}

/** One batch for all rows that the reads of an operation have led to, not one per level. */
function batched(load: NonNullable<Custom['load']>, context: Context): DataLoader<Row, unknown> {
  const { zg } = context
  return new DataLoader<Row, unknown>(
    async rows => (await zg.aside(() => load(rows, context))) as readonly unknown[],
    {
      // Rows of one operation are told apart as they are: equal ones may be computed twice, never mixed up.
      cache: false,
      // However the snapshot ended, whoever waits for the batch is told by the batch itself.
      batchScheduleFn: send =>
        void Promise.resolve()
          .then(() => zg.aside(send))
          .catch(send),
    },
  )
}
