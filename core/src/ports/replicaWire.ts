import { decodeBytes, encodeBytes } from '../base64url.ts'
import {
  type Check,
  integer,
  isPlain,
  list,
  oneOf,
  only,
  orNull,
  passed,
  record,
  refuse,
  text,
} from '../change/check.ts'
import { checkInstance } from '../change/checkInstance.ts'
import type { TextSource } from '../change/kinds/text.ts'
import type { Json } from '../json.ts'
import type { Loaded, ReplicaBatch, ReplicaEvent, ReplicaText } from './feed.ts'

/** What a replica is sent: a batch, or that it is to start over. */
export type SentBatch =
  | Extract<ReplicaBatch, { kind: 'events' }>
  | { readonly kind: 'reset'; readonly reason: string }

/**
 * Batches and their events as JSON, on the wire and on a replica's disk: as they are, but for bytes, which are base64url.
 */
export function batchJson(batch: SentBatch): Json {
  if (batch.kind === 'reset') return batch
  return { ...batch, events: batch.events.map(eventJson) } as unknown as Json
}

export function eventJson(event: ReplicaEvent): Json {
  if (event.kind !== 'upsert' || !event.texts) return event as unknown as Json
  return { ...event, texts: event.texts.map(textJson) } as unknown as Json
}

/** The inverse, of what `sentBatch` has passed. */
export function readBatch(written: unknown): SentBatch {
  const batch = written as { readonly kind: string; readonly events: readonly WrittenEvent[] }
  if (batch.kind === 'reset') return written as SentBatch
  return { ...batch, events: batch.events.map(eventOf) } as unknown as SentBatch
}

/** Null: they are not what `eventJson` makes. */
export function parseEvents(values: unknown): readonly ReplicaEvent[] | null {
  return list(oneOf(EVENT))(values, []) ? null : (values as readonly WrittenEvent[]).map(eventOf)
}

interface WrittenText {
  readonly field: number
  readonly source: { readonly state: string | null; readonly updates: readonly string[] }
}

type WrittenEvent =
  | (Omit<Extract<ReplicaEvent, { kind: 'upsert' }>, 'texts'> & { readonly texts?: readonly WrittenText[] })
  | Exclude<ReplicaEvent, { kind: 'upsert' }>

function eventOf(event: WrittenEvent): ReplicaEvent {
  if (event.kind !== 'upsert') return event
  const { texts, ...rest } = event
  return texts ? { ...rest, texts: texts.map(textOf) } : rest
}

function textJson({ field, source }: ReplicaText): Json {
  const { state, updates } = source
  return { field, source: { state: state && encodeBytes(state), updates: updates.map(encodeBytes) } }
}

function textOf({ field, source }: WrittenText): ReplicaText {
  return { field, source: sourceOf(source) }
}

function sourceOf({ state, updates }: WrittenText['source']): TextSource {
  return { state: state === null ? null : bytes(state), updates: updates.map(bytes) }
}

function bytes(text: string): Uint8Array {
  return decodeBytes(text) ?? new Uint8Array()
}

const isBytes: Check = only(
  value => typeof value === 'string' && decodeBytes(value) !== null,
  'must be base64url',
)

/** A position, by form. */
export const position: Check = record({
  log: text(128),
  seqs: (value, path) => {
    if (!isPlain(value)) return refuse(path, 'must be an object')
    for (const [tenant, seq] of Object.entries(value)) {
      const at = [...path, tenant]
      // An assignment to `__proto__` would change an object's nature somewhere below.
      if (tenant === '__proto__') return refuse(at, 'is not a legal member name')
      const found = text(256)(tenant, at) ?? integer(0)(seq, at)
      if (found) return found
    }
    return null
  },
})

const LOADED: { readonly [K in Loaded['kind']]: Check } = {
  nothing: record({ kind: passed }),
  upTo: record({ kind: passed, id: text(256) }),
  whole: record({ kind: passed }),
}

const address = { kind: passed, entity: integer(1), key: text(256) }
const texts = list(
  record({ field: integer(1), source: record({ state: orNull(isBytes), updates: list(isBytes) }) }),
)

const EVENT: { readonly [K in ReplicaEvent['kind']]: Check } = {
  upsert: record({ ...address, instance: checkInstance }, { texts }),
  delete: record(address),
  evict: record(address),
}

const held = { position, loaded: list(oneOf(LOADED)) }

/** What a replica says it holds (`Since`). */
export const since: Check = record(held)

/** A batch as it is written, to the last member. O(size). */
export const sentBatch: Check = oneOf({
  events: record({ kind: passed, events: list(oneOf(EVENT)), ...held }),
  reset: record({ kind: passed, reason: text(64) }),
})
