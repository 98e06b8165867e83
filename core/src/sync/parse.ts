import {
  both,
  type Check,
  integer,
  isPlain,
  json,
  list,
  only,
  orNull,
  passed,
  record,
  refuse,
  text,
  words,
} from '../change/check.ts'
import { checkOutcome, problemShape } from '../ports/checkOutcome.ts'
import { readBatch, sentBatch, since } from '../ports/replicaWire.ts'
import type { Problem } from '../problem.ts'
import { isRefusalCode } from './codes.ts'
import { type ClientMessage, MAX_SHAPES, type ServerMessage, SYNC_VERSION } from './message.ts'

/**
 * A message from a replica, checked to the last member. Shapes and work are JSON for others to judge: what is wrong with
 * one of them is answered to it alone, and the session goes on.
 * A refusal is a problem with code `VERSION` or `BAD_MESSAGE` (tell them apart by `'code' in result`). O(size).
 */
export function parseClientMessage(value: unknown): ClientMessage | Problem {
  return parse(value, CLIENT, 'hello') ?? (value as ClientMessage)
}

/** As `parseClientMessage`, for a message from a gateway: nobody behind it has anything left to check. */
export function parseServerMessage(value: unknown): ServerMessage | Problem {
  const found = parse(value, SERVER, 'welcome')
  if (found) return found
  const message = value as ServerMessage
  return message.kind === 'batch' ? { ...message, body: readBatch(message.body) } : message
}

/** Values nest 32 deep, expressions 50, and both stand inside others. */
const DEPTH = 128

const kind = passed
const count = integer(0)
const number = integer(1)

const CLIENT: { readonly [K in ClientMessage['kind']]: Check } = {
  hello: record({
    kind,
    version: number,
    schema: text(128),
    tenant: text(256),
    client: only(
      value => typeof value === 'string' && /^[A-Za-z0-9_-]{1,64}$/.test(value),
      'must be 1 to 64 of A-Z, a-z, 0-9, _ and -',
    ),
    answered: count,
    window: number,
  }),
  follow: both(record({ kind, epoch: number, shapes: list(json(DEPTH)), since: orNull(since) }), fitting),
  ack: record({ kind, epoch: number, batch: number }),
  push: record({
    kind,
    n: number,
    attempt: number,
    base: orNull(record({ log: text(128), seq: count })),
    work: json(DEPTH),
  }),
  ping: record({ kind }),
  pong: record({ kind }),
}

const SERVER: { readonly [K in ServerMessage['kind']]: Check } = {
  welcome: record({ kind, version: number, time: count }),
  batch: record({ kind, epoch: number, batch: number, body: sentBatch }),
  unfit: record({ kind, epoch: number, shape: count, problem: problemShape }),
  verdict: record({ kind, n: number, attempt: number, outcome: checkOutcome }),
  unjudged: record({ kind, n: number, attempt: number, problem: problemShape, time: count }),
  ping: record({ kind }),
  pong: record({ kind, time: count }),
  refuse: record({
    kind,
    code: only(isRefusalCode, 'is not known'),
    message: words,
    retry: orNull(count),
  }),
}

function fitting(value: unknown, path: readonly string[]): Problem | null {
  const { shapes, since: held } = value as Extract<ClientMessage, { kind: 'follow' }>
  if (shapes.length > MAX_SHAPES) return refuse([...path, 'shapes'], `must not hold more than ${MAX_SHAPES}`)
  return held && held.loaded.length !== shapes.length
    ? refuse([...path, 'since', 'loaded'], 'must have one item per shape')
    : null
}

function parse(value: unknown, messages: { readonly [kind: string]: Check }, first: string): Problem | null {
  const name = isPlain(value) ? value.kind : undefined
  if (typeof name !== 'string' || !Object.hasOwn(messages, name)) {
    return bad(refuse(['kind'], `must be one of ${Object.keys(messages).join(', ')}`))
  }
  // What else is in it depends on the version, so that comes first.
  if (name === first && isPlain(value) && value.version !== SYNC_VERSION) {
    const message = `This side speaks version ${SYNC_VERSION} of the sync protocol only; update the older side`
    return { code: 'VERSION', path: ['version'], message }
  }
  const found = messages[name]?.(value, [])
  return found ? bad(found) : null
}

function bad({ path, message }: Problem): Problem {
  return { code: 'BAD_MESSAGE', path, message }
}
