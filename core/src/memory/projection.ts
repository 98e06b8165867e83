import type { Address } from '../act/needs.ts'
import { addressKey } from '../act/overlay.ts'
import { decodeBytes } from '../base64url.ts'
import type { Change } from '../change/change.ts'
import { parseEdgeKey } from '../change/id.ts'
import type { Instance } from '../change/instance.ts'
import type { TextContent, TextSource } from '../change/kinds/text.ts'
import { visible } from '../change/merge.ts'
import type { Catalog } from '../ir/catalog.ts'
import type { Entry } from '../ports/storage.ts'
import { createRowStore, type RowSource, type RowStore, rowOf, type TextsOfRow } from './rows.ts'

/** What a log in memory shows of one tenant. Entry `seq` stands at index seq - 1; instances are by `addressKey`. */
export interface Ledger {
  readonly entries: readonly Entry[]
  readonly instances: ReadonlyMap<string, { readonly instance: Instance }>
}

/**
 * The rows of each tenant, kept up with its log: a call reads the entries since the last one and projects what they
 * touch. `source` of a memory reader. O(new entries). `readText` (core/change/text) opens texts; without, they are empty.
 */
export function projections(
  catalog: Catalog,
  ledger: (tenant: string) => Ledger,
  readText?: (source: TextSource) => TextContent,
): (tenant: string) => { readonly seq: number; readonly rows: RowSource } {
  const kept = new Map<
    string,
    { readonly store: RowStore; readonly texts: Texts; seq: number; rows: RowSource | null }
  >()
  return tenant => {
    const known = kept.get(tenant) ?? { store: createRowStore(catalog), texts: new Map(), seq: 0, rows: null }
    kept.set(tenant, known)
    const { entries, instances } = ledger(tenant)
    if (entries.length > known.seq) known.rows = null
    for (; known.seq < entries.length; known.seq++) {
      const change = entries[known.seq]?.change
      if (!change) continue
      const texts = noteTexts(known.texts, change)
      project(catalog, known.store, change, {
        instance: instances.get(addressKey(change))?.instance,
        texts: field => {
          const updates = texts.get(field)
          return updates && readText?.({ state: null, updates })
        },
      })
    }
    known.rows ??= known.store.snapshot()
    return { seq: known.seq, rows: known.rows }
  }
}

/** Updates by row and field. */
type Texts = Map<string, Map<number, Uint8Array[]>>

/** Remembers a change's updates; answers all of its row. */
function noteTexts(texts: Texts, change: Change): ReadonlyMap<number, readonly Uint8Array[]> {
  const key = addressKey(change)
  const own = texts.get(key) ?? new Map<number, Uint8Array[]>()
  for (const op of change.ops) {
    if (op.kind !== 'text') continue
    texts.set(
      key,
      own.set(op.field, [...(own.get(op.field) ?? []), decodeBytes(op.update) ?? new Uint8Array()]),
    )
  }
  return own
}

/** Brings one row or edge to its current state; what the model does not know has no projection. */
function project(
  catalog: Catalog,
  store: RowStore,
  { entity, key }: Address,
  { instance, texts }: { readonly instance: Instance | undefined; readonly texts: TextsOfRow },
): void {
  const shown = instance && visible(instance) ? instance : null
  const view = catalog.entityByNumber(entity)
  if (view) {
    if (shown) store.putRow(view.name, rowOf(view, key, shown, texts))
    else store.dropRow(view.name, key)
    return
  }
  const relation = catalog.relationByNumber(entity)
  const ends = parseEdgeKey(key)
  if (!relation || !ends) return
  if (shown) store.putEdge(relation.name, ends.from, ends.to)
  else store.dropEdge(relation.name, ends.from, ends.to)
}
