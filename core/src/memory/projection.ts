import type { Address } from '../act/needs.ts'
import { addressKey } from '../act/overlay.ts'
import { parseEdgeKey } from '../change/id.ts'
import type { Instance } from '../change/instance.ts'
import { visible } from '../change/merge.ts'
import type { Catalog } from '../ir/catalog.ts'
import type { Entry } from '../ports/storage.ts'
import { createRowStore, type RowSource, type RowStore, rowOf } from './rows.ts'

/** What a log in memory shows of one tenant. Entry `seq` stands at index seq - 1; instances are by `addressKey`. */
export interface Ledger {
  readonly entries: readonly Entry[]
  readonly instances: ReadonlyMap<string, { readonly instance: Instance }>
}

/**
 * The rows of each tenant, kept up with its log: a call reads the entries since the last one and projects what they
 * touch. `source` of a memory reader. O(new entries).
 * @internal For the tests, and later the simulator.
 */
export function projections(
  catalog: Catalog,
  ledger: (tenant: string) => Ledger,
): (tenant: string) => { readonly seq: number; readonly rows: RowSource } {
  const kept = new Map<string, { readonly store: RowStore; seq: number; rows: RowSource | null }>()
  return tenant => {
    const known = kept.get(tenant) ?? { store: createRowStore(catalog), seq: 0, rows: null }
    kept.set(tenant, known)
    const { entries, instances } = ledger(tenant)
    if (entries.length > known.seq) known.rows = null
    for (; known.seq < entries.length; known.seq++) {
      const change = entries[known.seq]?.change
      if (change) project(catalog, known.store, change, instances.get(addressKey(change))?.instance)
    }
    known.rows ??= known.store.snapshot()
    return { seq: known.seq, rows: known.rows }
  }
}

/** Brings one row or edge to its current state; what the model does not know has no projection. */
function project(
  catalog: Catalog,
  store: RowStore,
  { entity, key }: Address,
  instance: Instance | undefined,
): void {
  const shown = instance && visible(instance) ? instance : null
  const view = catalog.entityByNumber(entity)
  if (view) {
    if (shown) store.putRow(view.name, rowOf(view, key, shown))
    else store.dropRow(view.name, key)
    return
  }
  const relation = catalog.relationByNumber(entity)
  const ends = parseEdgeKey(key)
  if (!relation || !ends) return
  if (shown) store.putEdge(relation.name, ends.from, ends.to)
  else store.dropEdge(relation.name, ends.from, ends.to)
}
