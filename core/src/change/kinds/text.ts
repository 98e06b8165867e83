/**
 * A text is a set of opaque Yjs updates keyed by change id: merging appends, and no document is opened. So a text has
 * no cell; its updates are kept beside the rows, and whoever wants to see it opens them (`change/text`).
 */
export interface TextSource {
  /** The merged state up to some point, as one update; null: from the beginning. */
  readonly state: Uint8Array | null
  /** What came after, in any order. */
  readonly updates: readonly Uint8Array[]
}

/** A text, opened. */
export interface TextContent {
  readonly plain: string
  /** All updates merged into one: what an editor starts from. */
  readonly state: Uint8Array
}

/** Whether an update may be appended. */
export type Admission =
  /**
   * `update` holds just what is new; `client` is the Yjs client that wrote it, null if it only deletes; `plain` is how
   * the text reads with it, null unless asked for. `among`: as below; empty if it has a `client`.
   */
  | {
      readonly kind: 'admitted'
      readonly update: Uint8Array
      readonly client: number | null
      readonly plain: string | null
      readonly among: readonly number[]
    }
  /**
   * The text has all of it. `among`: some of its words have been deleted since, so nobody can tell whether they were
   * these; it is only a repetition if one of these Yjs clients is its sender's own. Empty: it is one in any case.
   */
  | { readonly kind: 'known'; readonly among: readonly number[] }
  /** `why` completes "The update ...". */
  | { readonly kind: 'refused'; readonly why: string }

export const EMPTY_TEXT: TextSource = { state: null, updates: [] }

/** Of the state and all updates behind it. */
export function textBytes({ state, updates }: TextSource): number {
  return updates.reduce((sum, update) => sum + update.length, state?.length ?? 0)
}

/** The empty text: no clients, nothing deleted. */
export const BLANK_TEXT: TextContent = { plain: '', state: Uint8Array.of(0, 0) }

/** Bytes of one update. */
export const TEXT_UPDATE_LIMIT = 256 * 1024

/**
 * Bytes of a text, about: its state and the updates behind that. A larger one can be made shorter, not longer: by
 * deleting, or by saying anew what it is to say.
 */
export const TEXT_LIMIT = 8 * 2 ** 20

/**
 * The Yjs client whose structs an admitted update holds, read from its head; null if it has none. An update is:
 * number of clients, then per client: number of structs, client, clock... (variable-length integers).
 */
export function clientOf(update: Uint8Array): number | null {
  const numbers: number[] = []
  let at = 0
  while (numbers.length < 3) {
    let number = 0
    for (let unit = 1; ; unit *= 128) {
      const byte = update[at++]
      if (byte === undefined) return null
      number += (byte & 127) * unit
      if (byte < 128) break
    }
    if (numbers.length === 0 && number === 0) return null
    numbers.push(number)
  }
  return numbers[2] ?? null
}
