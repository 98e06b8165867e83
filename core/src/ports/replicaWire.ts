import { decodeBytes, encodeBytes } from '../base64url.ts'
import { type Check, integer, isPlain, list, only, record, refuse, text } from '../change/check.ts'
import type { TextSource } from '../change/kinds/text.ts'
import { isList, type Json } from '../json.ts'
import type { Problem } from '../problem.ts'
import type { Loaded, ReplicaBatch, ReplicaEvent, ReplicaText, Since } from './feed.ts'

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

/** The inverse; a problem for what a gateway would not have sent. What is in the cells is taken on trust. O(size). */
export function parseBatch(value: unknown): SentBatch | Problem {
  const reset = isPlain(value) && value.kind === 'reset'
  const found = (reset ? RESET : EVENTS)(value, [])
  if (found) return found
  if (reset) return value as unknown as SentBatch
  const batch = value as { readonly events: readonly WrittenEvent[] }
  return { ...batch, events: batch.events.map(eventOf) } as unknown as SentBatch
}

/** Null: they are not what `eventJson` makes. */
export function parseEvents(values: unknown): readonly ReplicaEvent[] | null {
  return list(oneOf(EVENT))(values, []) ? null : (values as readonly WrittenEvent[]).map(eventOf)
}

/** What a replica says it holds of so many shapes, or the problem `BAD_MESSAGE`. */
export function parseSince(value: unknown, shapes: number): Since | Problem {
  const found = SINCE(value, ['since'])
  if (found) return { ...found, code: 'BAD_MESSAGE' }
  const since = value as Since
  if (since.loaded.length === shapes) return since
  return { code: 'BAD_MESSAGE', path: ['since', 'loaded'], message: 'loaded must have one item per shape' }
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

const any: Check = () => null
const isBytes: Check = only(
  value => typeof value === 'string' && decodeBytes(value) !== null,
  'must be base64url',
)
const orNull =
  (check: Check): Check =>
  (value, path) =>
    value === null ? null : check(value, path)

const position = record({
  log: text(128),
  seqs: (value, path) => {
    if (!isPlain(value)) return refuse(path, 'must be an object')
    return Object.entries(value).reduce<Problem | null>(
      (found, [tenant, seq]) => found ?? integer(0)(seq, [...path, tenant]),
      null,
    )
  },
})

const LOADED: { readonly [K in Loaded['kind']]: Check } = {
  nothing: record({ kind: any }),
  upTo: record({ kind: any, id: text(256) }),
  whole: record({ kind: any }),
}

const instance: Check = record({ born: orNull(text(26)), dead: orNull(text(26)), cells: any })
const address = { kind: any, entity: integer(1), key: text(256) }
const texts = list(
  record({ field: integer(1), source: record({ state: orNull(isBytes), updates: list(isBytes) }) }),
)
const upsert = record({ ...address, instance })
const upsertOfTexts = record({ ...address, instance, texts })

const EVENT: { readonly [K in ReplicaEvent['kind']]: Check } = {
  upsert: (value, path) =>
    (isPlain(value) && Object.hasOwn(value, 'texts') ? upsertOfTexts : upsert)(value, path),
  delete: record(address),
  evict: record(address),
}

const EVENTS = record({
  kind: any,
  events: list(oneOf(EVENT)),
  position,
  loaded: list(oneOf(LOADED)),
})

const SINCE = record({ position, loaded: list(oneOf(LOADED)) })

const RESET = record({ kind: any, reason: text(64) })

function oneOf(kinds: { readonly [kind: string]: Check }): Check {
  return (value, path) => {
    const kind = isPlain(value) && !isList(value) ? value.kind : undefined
    const check = typeof kind === 'string' && Object.hasOwn(kinds, kind) ? kinds[kind] : undefined
    return check
      ? check(value, path)
      : refuse([...path, 'kind'], `must be one of ${Object.keys(kinds).join(', ')}`)
  }
}
