import {
  applyUpdate,
  ContentDeleted,
  ContentFormat,
  ContentString,
  Doc,
  decodeUpdate,
  encodeStateAsUpdate,
  GC,
  Item,
} from 'yjs'
import { diffText } from './diff.ts'
import { type Admission, TEXT_UPDATE_LIMIT, type TextContent, type TextSource } from './kinds/text.ts'

/*
 * The one file that knows Yjs. Opening a document costs its size, and what strangers send can cost more: gateways run
 * all this in a worker with a time limit.
 */

/** The one root type of a text's document: `doc.getText('text')`. */
const TEXT_ROOT = 'text'

/** Opens a text. Throws if an update is no update; those that were admitted are. */
export function readText(source: TextSource): TextContent {
  const doc = open(source)
  return { plain: storable(plainOf(doc)), state: encodeStateAsUpdate(doc) }
}

/**
 * Judges an update from a stranger, to be appended to `source`. Refused: what does not decode, is too large, holds
 * anything but text and its formatting in the one root, comes from several clients at once, or needs structs that
 * are not there (Yjs would hide all later ones of that client until they come).
 */
export function admitText(source: TextSource, update: Uint8Array): Admission {
  if (update.length > TEXT_UPDATE_LIMIT) return refused(`is larger than ${TEXT_UPDATE_LIMIT} bytes`)
  const doc = open(source)
  try {
    const wrong = fault(update)
    return wrong === null ? admitted(doc, update) : refused(wrong)
  } catch {
    return refused('is damaged')
  }
}

/**
 * The update that makes `value` of the text at `source`, written by the Yjs client `client` (or the next one that the
 * text does not know); null if it says that already. Other edits since then merge with it, word by word.
 */
export function reviseText(source: TextSource, value: string, client: number): Uint8Array | null {
  const doc = open(source)
  const text = doc.getText(TEXT_ROOT)
  const hunks = diffText(text.toString(), value)
  doc.clientID = client
  while (doc.store.clients.has(doc.clientID)) doc.clientID = (doc.clientID + 1) % 2 ** 32
  return made(doc, () => {
    doc.transact(() => {
      for (const { at, remove, insert } of hunks.toReversed()) {
        if (insert) text.insert(at, insert)
        if (remove) text.delete(at + insert.length, remove)
      }
    })
  })
}

function open({ state, updates }: TextSource): Doc {
  const doc = new Doc()
  doc.transact(() => {
    if (state) applyUpdate(doc, state)
    for (const update of updates) applyUpdate(doc, update)
  })
  return doc
}

function plainOf(doc: Doc): string {
  return doc.getText(TEXT_ROOT).toString()
}

/** What no store can hold is left out, should it ever get here. */
function storable(text: string): string {
  return text.replaceAll('\0', '').replace(/\p{Surrogate}/gu, '\ufffd')
}

/** Why an update cannot be part of a text, as far as it alone tells; null if nothing. */
function fault(update: Uint8Array): string | null {
  for (const struct of decodeUpdate(update).structs) {
    if (struct instanceof GC) continue
    if (!(struct instanceof Item)) return 'has gaps; send it with what it builds on'
    const { content, parentSub } = struct
    // Read without a document, a root is a name; the type says what it becomes in one. Null: where its neighbour is.
    const parent: unknown = struct.parent
    if (parentSub !== null || (parent !== null && parent !== TEXT_ROOT)) {
      return `must be about doc.getText('${TEXT_ROOT}') and nothing else`
    }
    if (content instanceof ContentString) {
      if (content.str.includes('\0')) return 'must not hold U+0000'
    } else if (!(content instanceof ContentDeleted || content instanceof ContentFormat)) {
      return 'must hold text and its formatting only'
    }
  }
  return null
}

function admitted(doc: Doc, update: Uint8Array): Admission {
  const known = new Map([...doc.store.clients.keys()].map(client => [client, stateOf(doc, client)]))
  const fresh = made(doc, () => applyUpdate(doc, update))
  if (doc.store.pendingStructs || doc.store.pendingDs) {
    return refused('builds on updates that are not here; send those first')
  }
  if (!fresh) return { kind: 'known' }
  const writers = [...doc.store.clients.keys()].filter(
    client => stateOf(doc, client) > (known.get(client) ?? 0),
  )
  const [client = null, ...others] = writers
  if (others.length) return refused('has news from several Yjs clients; send only what your own has written')
  return { kind: 'admitted', update: fresh, client, plain: storable(plainOf(doc)) }
}

/** The clock that a client's next struct would have. */
function stateOf(doc: Doc, client: number): number {
  const last = doc.store.clients.get(client)?.at(-1)
  return last ? last.id.clock + last.length : 0
}

/** What `work` changes, as one update; null if nothing. */
function made(doc: Doc, work: () => void): Uint8Array | null {
  let update: Uint8Array | null = null
  doc.once('update', (bytes: Uint8Array) => {
    update = bytes
  })
  work()
  return update
}

function refused(why: string): Admission {
  return { kind: 'refused', why }
}
