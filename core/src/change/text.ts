import {
  type AbstractStruct,
  applyUpdate,
  ContentDeleted,
  ContentFormat,
  ContentString,
  compareIDs,
  createID,
  Doc,
  decodeUpdate,
  encodeStateAsUpdate,
  findIndexSS,
  GC,
  type ID,
  Item,
} from 'yjs'
import { diffText } from './diff.ts'
import {
  type Admission,
  TEXT_LIMIT,
  TEXT_UPDATE_LIMIT,
  type TextContent,
  type TextSource,
  textBytes,
} from './kinds/text.ts'

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

/** Whether two states hold the same: neither has anything that the other has not. Throws as `readText` does. O(size). */
export function isSameText(one: Uint8Array, other: Uint8Array): boolean {
  return holdsAll(one, other) && holdsAll(other, one)
}

function holdsAll(state: Uint8Array, other: Uint8Array): boolean {
  const doc = open({ state, updates: [] })
  return made(doc, () => applyUpdate(doc, other)) === null && !doc.store.pendingStructs
}

/** A text that stays open, for whoever judges many updates of it. */
export interface OpenText {
  /** Admitted updates of others, in any order; what is there already does nothing. O(updates). */
  add(updates: readonly Uint8Array[]): void
  /**
   * Judges updates from a stranger, each after those before it, at their cost instead of the text's. Refused: what does
   * not decode, is too large, holds anything but text and its formatting in the one root, comes from several clients at
   * once, says something else than this text has from the same client at the same clocks (Yjs would drop it silently), or needs structs
   * that are not there (Yjs would hide all later ones of that client). What is admitted is in this text from then on. Behind a refused one all are refused, and the text must be dropped: parts of it may be in there. `plain`: say how the text reads, O(text).
   */
  admit(updates: readonly Uint8Array[], plain: boolean): readonly Admission[]
}

/** Throws if an update is no update. O(size). */
export function openText(source: TextSource): OpenText {
  const doc = open(source)
  let bytes = textBytes(source)
  let whole = true
  const next = (update: Uint8Array, plain: boolean): Admission => {
    if (!whole) return refused('comes after one that was refused')
    const admission = judge(doc, update, plain)
    if (admission.kind !== 'admitted') return admission
    // Whoever only deletes has no client.
    if (bytes > TEXT_LIMIT && admission.client !== null) {
      return refused(`makes a text longer that has more than ${TEXT_LIMIT} bytes; shorten it first`)
    }
    bytes += admission.update.length
    return admission
  }
  return {
    add: updates => {
      addAll(doc, updates)
      bytes += textBytes({ state: null, updates })
    },
    admit: (updates, plain) =>
      updates.map(update => {
        const admission = next(update, plain)
        whole &&= admission.kind !== 'refused'
        return admission
      }),
  }
}

function judge(doc: Doc, update: Uint8Array, plain: boolean): Admission {
  if (update.length > TEXT_UPDATE_LIMIT) return refused(`is larger than ${TEXT_UPDATE_LIMIT} bytes`)
  try {
    const { structs } = decodeUpdate(update)
    const wrong = fault(structs)
    if (wrong !== null) return refused(wrong)
    const among = repeated(doc, structs)
    return among ? admitted(doc, update, plain, among) : refused(SAID_OTHERWISE)
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
  addAll(doc, state ? [state, ...updates] : updates)
  return doc
}

function addAll(doc: Doc, updates: readonly Uint8Array[]): void {
  doc.transact(() => {
    for (const update of updates) applyUpdate(doc, update)
  })
}

function plainOf(doc: Doc): string {
  return doc.getText(TEXT_ROOT).toString()
}

/** What no store can hold is left out, should it ever get here. */
function storable(text: string): string {
  return text.replaceAll('\0', '').replace(/\p{Surrogate}/gu, '\ufffd')
}

/** Why an update cannot be part of a text, as far as it alone tells; null if nothing. */
function fault(structs: readonly AbstractStruct[]): string | null {
  for (const struct of structs) {
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

const SAID_OTHERWISE = 'says otherwise what its Yjs client has said already; start with a new clientID'

/**
 * Yjs takes two structs of one client and clock for the same one, and drops the second, whatever it says. Null: an update
 * says otherwise what is there. Else, if words of it cannot be compared, for they have been deleted, all its
 * clients. O(structs * log structs there + size).
 */
function repeated(doc: Doc, structs: readonly AbstractStruct[]): readonly number[] | null {
  let deleted = false
  for (const struct of structs) {
    // What its author has deleted says nothing.
    if (!(struct instanceof Item) || struct.content instanceof ContentDeleted) continue
    const { client, clock } = struct.id
    const there = doc.store.clients.get(client) ?? []
    const end = Math.min(clock + struct.length, stateOf(doc, client))
    for (let at = clock; at < end; ) {
      const held = there[findIndexSS(there, at)]
      if (!held) break
      const to = Math.min(end, held.id.clock + held.length)
      const same = held instanceof Item ? saysSame(struct, held, at, to) : null
      if (same === false) return null
      deleted ||= same === null
      at = to
    }
  }
  return deleted ? [...new Set(structs.map(({ id }) => id.client))] : []
}

/** Whether two structs of a client say the same, in the same place, from one clock to another; null: nobody can tell. */
function saysSame(said: Item, held: Item, from: number, to: number): boolean | null {
  if (!compareIDs(originAt(said, from), originAt(held, from))) return false
  if (!compareIDs(said.rightOrigin, held.rightOrigin)) return false
  if (held.content instanceof ContentDeleted) return null
  if (said.content instanceof ContentString && held.content instanceof ContentString) {
    return alike(wordsOf(said, said.content, from, to), wordsOf(held, held.content, from, to))
  }
  if (!(said.content instanceof ContentFormat && held.content instanceof ContentFormat)) return false
  return (
    said.content.key === held.content.key &&
    JSON.stringify(said.content.value) === JSON.stringify(held.content.value)
  )
}

/** What stood before the unit at `clock` when it was written: within a struct, the unit before it. */
function originAt({ id, origin }: Item, clock: number): ID | null {
  return clock > id.clock ? createID(id.client, clock - 1) : origin
}

function wordsOf({ id }: Item, { str }: ContentString, from: number, to: number): string {
  return str.slice(from - id.clock, to - id.clock)
}

/** Where a pair of surrogates is split, Yjs puts U+FFFD for each of them, sooner on one side than on the other. */
function alike(a: string, b: string): boolean {
  if (a === b) return true
  for (let i = 0; i < a.length; i++) {
    if (a[i] !== b[i] && a[i] !== '\ufffd' && b[i] !== '\ufffd') return false
  }
  return true
}

function admitted(doc: Doc, update: Uint8Array, plain: boolean, among: readonly number[]): Admission {
  const known = new Map([...doc.store.clients.keys()].map(client => [client, stateOf(doc, client)]))
  const fresh = made(doc, () => applyUpdate(doc, update))
  if (doc.store.pendingStructs || doc.store.pendingDs) {
    return refused('builds on updates that are not here; send those first')
  }
  if (!fresh) return { kind: 'known', among }
  const writers = [...doc.store.clients.keys()].filter(
    client => stateOf(doc, client) > (known.get(client) ?? 0),
  )
  const [client = null, ...others] = writers
  if (others.length) return refused('has news from several Yjs clients; send only what your own has written')
  return {
    kind: 'admitted',
    update: fresh,
    client,
    plain: plain ? storable(plainOf(doc)) : null,
    // Whoever has news says by them who he is; what others wrote may come along, however old.
    among: client === null ? among : [],
  }
}

/** The clock that a client's next struct would have. */
function stateOf(doc: Doc, client: number): number {
  const last = doc.store.clients.get(client)?.at(-1)
  return last ? last.id.clock + last.length : 0
}

/** What `work` changes, as one update; null if nothing. */
function made(doc: Doc, work: () => void): Uint8Array | null {
  let update: Uint8Array | null = null
  const note = (bytes: Uint8Array): void => {
    update ??= bytes
  }
  doc.on('update', note)
  work()
  doc.off('update', note)
  return update
}

function refused(why: string): Admission {
  return { kind: 'refused', why }
}
