import type { Writes } from '@zg/core/ports/storage'
import type { Place } from '../load.ts'
import type { SqlValue } from '../session.ts'

/** The later state of a row or edge. */
export type Written = Writes['instances'][number]

/** What a batch leaves in one tenant, and where it found what it changes, by address; absent: not looked for. */
export interface TenantWrites {
  readonly tenant: string
  readonly writes: Writes
  readonly places: Map<string, Place>
}

/** Nobody waits for the answer: the transaction itself fails with the statement. */
export type Send = (text: string, values: readonly SqlValue[]) => void

export function byTable<T, W extends Written>(
  tables: ReadonlyMap<number, T>,
  list: readonly W[],
): readonly (readonly [T, W[]])[] {
  const groups = new Map<T, W[]>()
  for (const one of list) {
    const table = tables.get(one.entity)
    if (!table) continue
    const group = groups.get(table)
    if (group) group.push(one)
    else groups.set(table, [one])
  }
  return [...groups]
}
