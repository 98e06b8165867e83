import { type Check, integer, isPlain, json, list, only, record, refuse, text } from '../change/check.ts'
import type { Problem } from '../problem.ts'
import { isRefusalCode } from './codes.ts'
import { type ClientMessage, MAX_SHAPES, type ServerMessage, SYNC_VERSION } from './message.ts'

/**
 * A message from a replica, checked to the last member; what it carries (shapes, work) is JSON for others to judge.
 * A refusal is a problem with code `VERSION` or `BAD_MESSAGE` (tell them apart by `'code' in result`). O(size).
 */
export function parseClientMessage(value: unknown): ClientMessage | Problem {
  return parse(value, CLIENT, 'hello') ?? (value as ClientMessage)
}

/** As `parseClientMessage`, for a message from a gateway. */
export function parseServerMessage(value: unknown): ServerMessage | Problem {
  return parse(value, SERVER, 'welcome') ?? (value as ServerMessage)
}

/** Values nest 32 deep, expressions 50, and both stand inside others. */
const DEPTH = 128

const kind: Check = () => null
const count = integer(0)
const number = integer(1)
const flag = text(1_024)
const problemShape = record({ code: text(64), message: text(10_000), path: list(text(1_024)) })

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
  follow: record({
    kind,
    epoch: number,
    shapes: (value, path) =>
      list(json(DEPTH))(value, path) ??
      ((value as readonly unknown[]).length > MAX_SHAPES
        ? refuse(path, `must not hold more than ${MAX_SHAPES}`)
        : null),
    since: json(DEPTH),
  }),
  ack: record({ kind, epoch: number, batch: number }),
  push: record({
    kind,
    n: number,
    attempt: number,
    base: (value, path) => (value === null ? null : record({ log: text(128), seq: count })(value, path)),
    work: json(DEPTH),
  }),
  ping: record({ kind }),
  pong: record({ kind }),
}

const SERVER: { readonly [K in ServerMessage['kind']]: Check } = {
  welcome: record({ kind, version: number, time: count }),
  batch: record({ kind, epoch: number, batch: number, body: kind }),
  unfit: record({ kind, epoch: number, shape: count, problem: problemShape }),
  verdict: record({ kind, n: number, attempt: number, outcome: kind }),
  unjudged: record({ kind, n: number, attempt: number, problem: problemShape, time: count }),
  ping: record({ kind }),
  pong: record({ kind, time: count }),
  refuse: record({
    kind,
    code: only(isRefusalCode, 'is not known'),
    message: flag,
    retry: (value, path) => (value === null ? null : count(value, path)),
  }),
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
