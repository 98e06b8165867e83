import type { Address } from '../act/needs.ts'
import { addressKey } from '../act/overlay.ts'
import { decodeBytes } from '../base64url.ts'
import type { Change } from '../change/change.ts'
import { type Instance, NOTHING } from '../change/instance.ts'
import { undo } from '../change/merge.ts'
import type { Entry, LogChunk, LogPiece, StoredText, TextAddress, TextRequest } from '../ports/storage.ts'
import type { Ledger } from './projection.ts'

// seq is gapless and starts at 1, so entry `seq` stands at index seq - 1.

/** Entries behind a position, about `limit` of them, as `Storage.entries`. */
export function readEntries(state: Ledger, after: number, limit: number): LogPiece {
  const entries = state.entries.slice(after, endOfChunk(state.entries, after, limit))
  const seq = entries.at(-1)?.seq ?? after
  return { entries, seq, head: state.entries.length, following: seq, bytes: 0 }
}

/** The same with images, as `View.read`. */
export function readLog(state: Ledger, after: number, limit: number): LogChunk {
  const { entries, seq, head } = readEntries(state, after, limit)
  const keys = entries.map(({ change }) => addressKey(change))
  return { entries, seq, head, images: imagesAt(state, keys, seq) }
}

/** Images at an earlier position: the newest ones, undone. By address. O(entries since). */
function imagesAt(state: Ledger, keys: Iterable<string>, seq: number): ReadonlyMap<string, Instance> {
  const images = new Map<string, Instance>()
  for (const key of keys) images.set(key, state.instances.get(key)?.instance ?? NOTHING)
  for (let i = state.entries.length - 1; i >= seq; i--) {
    const entry = state.entries[i]
    const key = entry ? addressKey(entry.change) : ''
    const image = images.get(key)
    if (entry && image) images.set(key, undo(image, entry.change, entry.before))
  }
  return images
}

/** The same in the order asked. */
export function instancesAt(state: Ledger, addresses: readonly Address[], seq: number): readonly Instance[] {
  const images = imagesAt(state, addresses.map(addressKey), seq)
  return addresses.map(address => images.get(addressKey(address)) ?? NOTHING)
}

/** The last end of a mutation within `limit`, or the first one behind it; as an index behind that entry. */
function endOfChunk(entries: readonly Entry[], after: number, limit: number): number {
  let end = after
  for (let i = after; i < entries.length && (i < after + limit || end === after); i++) {
    if (entries[i]?.last) end = i + 1
  }
  return end
}

/** From the log: a dead row's text is gone from its delete on. */
export function textAt(entries: readonly Entry[], { at, after = 0, ...address }: TextRequest): StoredText {
  const found = textUpdates(entries.slice(0, at ?? entries.length), address).filter(({ seq }) => seq > after)
  return {
    source: { state: null, updates: found.map(({ update }) => update) },
    plain: found.length ? null : '',
    seq: found.at(-1)?.seq ?? 0,
    bytes: found.reduce((sum, { update }) => sum + update.length, 0),
  }
}

export function textUpdates(entries: readonly Entry[], { entity, key, field }: TextAddress) {
  const found: { readonly seq: number; readonly change: Change; readonly update: Uint8Array }[] = []
  for (const { seq, change } of entries) {
    if (change.entity !== entity || change.key !== key) continue
    for (const op of change.ops) {
      if (op.kind === 'delete') return []
      if (op.kind !== 'text' || op.field !== field) continue
      found.push({ seq, change, update: decodeBytes(op.update) ?? new Uint8Array() })
    }
  }
  return found
}
