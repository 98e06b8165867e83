import { describe, expect, test } from 'vitest'
import {
  type ClientEffect,
  type ClientEvent,
  type ClientState,
  clientSession,
  clientStep,
  PING_AFTER,
  SILENT_AFTER,
} from './clientSession.ts'
import { CLIENT_MESSAGES, SERVER_MESSAGES } from './message.fixture.ts'
import { PUSH_WINDOW, type ServerMessage } from './message.ts'
import {
  type ServerEffect,
  type ServerEvent,
  type ServerState,
  serverSession,
  serverStep,
} from './serverSession.ts'

const now = 1_000_000

/** The state and the effects after these events. */
function client(events: readonly ClientEvent[], from: ClientState = clientSession({ answered: 0, last: 0 })) {
  let state = from
  let effects: readonly ClientEffect[] = []
  for (const event of events) ({ state, effects } = clientStep(state, event))
  return { state, effects }
}
const got = <K extends ServerMessage['kind']>(kind: K, more: object = {}) =>
  ({ ...SERVER_MESSAGES[kind], ...more, now }) as unknown as ClientEvent
const LIVE: readonly ClientEvent[] = [{ kind: 'opened', now }, got('welcome', { time: now + 5_000 })]
const kinds = (effects: readonly { readonly kind: string }[]) => effects.map(({ kind }) => kind)

describe('a replica', () => {
  test('pushes what has no verdict, oldest first and not too much, then follows', () => {
    const { effects } = client(LIVE, clientSession({ answered: 3, last: 100 }))
    expect(effects[0]).toEqual({ kind: 'offset', ms: 5_000 })
    const pushed = effects.flatMap(effect => (effect.kind === 'push' ? [effect.n] : []))
    expect(pushed).toEqual(Array.from({ length: PUSH_WINDOW }, (_, i) => i + 4))
    expect(effects.at(-1)).toEqual({ kind: 'follow', epoch: 1 })
  })

  test('each verdict makes room for one more', () => {
    const { state } = client(LIVE, clientSession({ answered: 0, last: 100 }))
    const { effects } = client([got('verdict', { n: 1 })], state)
    expect(effects).toMatchObject([
      { kind: 'settle', n: 1 },
      { kind: 'push', n: PUSH_WINDOW + 1 },
    ])
    expect(client([got('verdict', { n: 1 }), got('verdict', { n: 1 })], state).effects).toEqual([])
  })

  test('asks a silent gateway once, then gives it up', () => {
    const { state } = client(LIVE)
    expect(client([{ kind: 'tick', now: now + PING_AFTER }], state).effects).toEqual([])
    const asked = client([{ kind: 'tick', now: now + PING_AFTER + 1 }], state)
    expect(asked.effects).toEqual([{ kind: 'send', message: { kind: 'ping' } }])
    expect(client([{ kind: 'tick', now: now + PING_AFTER + 2 }], asked.state).effects).toEqual([])
    const gone = client([{ kind: 'tick', now: now + SILENT_AFTER + 1 }], asked.state)
    expect(gone.state.kind).toBe('closing')
    expect(gone.effects).toMatchObject([{ kind: 'refused', code: 'SILENT', retry: 1_000 }, { kind: 'close' }])
  })

  test('learns what time it is from a pong, half the way back', () => {
    const asked = client([...LIVE, { kind: 'tick', now: now + 20_000 }])
    const pong = { ...SERVER_MESSAGES.pong, time: now + 70_000, now: now + 20_400 }
    expect(client([pong], asked.state).effects).toEqual([{ kind: 'offset', ms: 49_800 }])
  })

  const unjudged = (code: string, n = 1, attempt = 1) =>
    got('unjudged', { n, attempt, problem: { code, message: code, path: [] } })
  const waiting = client(LIVE, clientSession({ answered: 0, last: 2 })).state

  test.each<[string, readonly ClientEvent[], readonly string[]]>([
    ['a clock ahead: it restamps', [unjudged('CLOCK_AHEAD')], ['offset', 'restamp']],
    [
      'and pushes all again when that is done',
      [unjudged('CLOCK_AHEAD'), { kind: 'restamped' }],
      ['push', 'push'],
    ],
    ['what followed it is void', [unjudged('CLOCK_AHEAD'), unjudged('MUTATION_GAP', 2)], []],
    ['nothing is pushed meanwhile', [unjudged('CLOCK_AHEAD'), { kind: 'queued', last: 3 }], []],
    ['a base of another log: it forgets bases', [unjudged('BAD_BASE')], ['rebase']],
    ['a gap behind the first: it pushes again', [unjudged('MUTATION_GAP', 2)], ['push', 'push']],
    ['a gap before the first: it is forgotten there', [unjudged('MUTATION_GAP')], ['renew']],
    ['a number that is taken', [unjudged('ID_REUSED')], ['renew']],
    ['and ends once the new id is durable', [unjudged('ID_REUSED'), { kind: 'renewed', last: 2 }], ['close']],
    ['a verdict that is kept no longer', [unjudged('VERDICT_GONE')], ['unknown']],
    ['anything else', [unjudged('BAD_PUSH')], ['refused', 'close']],
    ['an answer to an earlier attempt', [unjudged('MUTATION_GAP', 2), unjudged('ID_REUSED')], []],
  ])('%s', (_, events, effects) => {
    expect(kinds(client(events, waiting).effects)).toEqual(effects)
  })

  test.each<[string, ClientEvent]>([
    ['a verdict nobody asked for', got('verdict', { n: 7 })],
    ['a batch out of order', got('batch', { epoch: 1, batch: 2 })],
    ['a batch of an epoch to come', got('batch', { epoch: 2 })],
    ['a second welcome', got('welcome')],
  ])('%s ends the connection', (_, event) => {
    const { state, effects } = client([event], waiting)
    expect([state.kind, kinds(effects)]).toEqual(['closing', ['refused', 'close']])
  })

  test('batches of an earlier epoch are void, and so is all that comes after the end', () => {
    const { state } = client([{ kind: 'reshaped' }], waiting)
    expect(client([got('batch', { epoch: 1 })], state).effects).toEqual([])
    const closing = client([{ kind: 'stop' }], state).state
    for (const kind of Object.keys(SERVER_MESSAGES) as ServerMessage['kind'][]) {
      expect(clientStep(closing, got(kind))).toEqual({ state: closing, effects: [] })
    }
  })
})

function server(events: readonly ServerEvent[], from?: ServerState) {
  let state =
    from ?? serverSession({ schema: CLIENT_MESSAGES.hello.schema, tenant: 'main', window: 100 }, now)
  let effects: readonly ServerEffect[] = []
  for (const event of events) ({ state, effects } = serverStep(state, event))
  return { state, effects }
}
const said = (kind: keyof typeof CLIENT_MESSAGES, more: object = {}) =>
  ({ ...CLIENT_MESSAGES[kind], ...more, now }) as unknown as ServerEvent

describe('a gateway', () => {
  const open = server([said('hello')]).state
  const fed = (batch: number, size = 10): ServerEvent => ({
    kind: 'fed',
    epoch: 1,
    batch,
    text: 'x'.repeat(size),
  })

  test('answers hello, follows, and reads on while its reader does', () => {
    expect(server([said('hello')]).effects).toEqual([
      { kind: 'send', message: { kind: 'welcome', version: 1, time: now } },
    ])
    const following = server([said('follow')], open)
    expect(kinds(following.effects)).toEqual(['replicate', 'pull'])
    const one = server([fed(1)], following.state)
    expect(kinds(one.effects)).toEqual(['sendText', 'pull'])
    const full = server([fed(2, 95)], one.state)
    expect(kinds(full.effects)).toEqual(['sendText'])
    expect(kinds(server([said('ack', { epoch: 1, batch: 1 })], full.state).effects)).toEqual(['pull'])
  })

  test('keeps a batch until the pushes before it are answered, and answers in order', () => {
    const verdict = { kind: 'verdict', outcome: SERVER_MESSAGES.verdict.outcome } as const
    const { state } = server([said('follow'), said('push'), said('push', { n: 2 }), fed(1)], open)
    expect(server([{ kind: 'answered', ticket: 2, answer: verdict }], state).effects).toEqual([])
    const both = server(
      [
        { kind: 'answered', ticket: 2, answer: verdict },
        { kind: 'answered', ticket: 1, answer: verdict },
      ],
      state,
    )
    expect(both.effects).toMatchObject([
      { kind: 'send', message: { kind: 'verdict', n: 1 } },
      { kind: 'send', message: { kind: 'verdict', n: 2 } },
      { kind: 'sendText' },
      { kind: 'pull' },
    ])
  })

  test('what comes from an epoch that is over is void', () => {
    const { state } = server([said('follow'), said('follow', { epoch: 2 })], open)
    expect(server([fed(1)], state).effects).toEqual([])
  })

  test.each<[string, readonly ServerEvent[], string, boolean]>([
    ['hello twice', [said('hello')], 'UNEXPECTED', true],
    ['an epoch that goes back', [said('follow'), said('follow')], 'UNEXPECTED', true],
    [
      'more pushes than anybody may have on the way',
      Array.from({ length: 2 * PUSH_WINDOW + 1 }, (_, i) => said('push', { n: i + 1 })),
      'UNEXPECTED',
      true,
    ],
    ['silence', [{ kind: 'tick', now: now + SILENT_AFTER + 1 }], 'SILENT', false],
    [
      'a writer that cannot answer',
      [{ kind: 'failed', code: 'UNAVAILABLE', message: '' }],
      'UNAVAILABLE',
      false,
    ],
  ])('%s ends the connection', (_, events, code, blamed) => {
    const { state, effects } = server(events, open)
    expect(state).toEqual({ kind: 'closed' })
    expect(effects.filter(({ kind }) => kind === 'send')).toMatchObject([
      { message: { kind: 'refuse', code } },
    ])
    expect(kinds(effects)).toEqual([...(blamed ? ['complain'] : []), 'stop', 'send', 'close'])
    expect(server([said('push')], state).effects).toEqual([])
  })
})
