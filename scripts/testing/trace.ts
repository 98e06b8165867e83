import { existsSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { applyUpdate, Doc } from 'yjs'

/** A document as somebody wrote it, letter by letter. */
export interface Trace {
  readonly edits: readonly (readonly [at: number, remove: number, insert: string])[]
  readonly end: string
}

export const TRACE_FILE = new URL(
  '../../../shared/data/editing-trace/automerge-paper.json.gz',
  import.meta.url,
)

/** Where the data is not there: null. */
export function readTrace(): Trace | null {
  if (!existsSync(TRACE_FILE)) return null
  const { txns, endContent } = JSON.parse(gunzipSync(readFileSync(TRACE_FILE)).toString())
  return { edits: txns.flatMap((txn: { patches: Trace['edits'] }) => txn.patches), end: endContent }
}

/** What an editor sends when he does so many edits at a time. */
export function updatesOf({ edits }: Trace, together: number): readonly Uint8Array[] {
  const doc = new Doc()
  doc.clientID = 7
  const text = doc.getText('text')
  const updates: Uint8Array[] = []
  doc.on('update', (update: Uint8Array) => updates.push(update))
  for (let from = 0; from < edits.length; from += together) {
    doc.transact(() => {
      for (const [at, remove, insert] of edits.slice(from, from + together)) {
        if (remove) text.delete(at, remove)
        if (insert) text.insert(at, insert)
      }
    })
  }
  return updates
}

/** What the text says for whoever has Yjs and nothing else. */
export function appliedAlone(updates: readonly Uint8Array[]): string {
  const doc = new Doc()
  for (const update of updates) applyUpdate(doc, update)
  return doc.getText('text').toString()
}
