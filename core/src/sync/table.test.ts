import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type ClientEvent, type ClientState, clientSession, clientStep } from './clientSession.ts'
import { CLIENT_MESSAGES, SERVER_MESSAGES } from './message.fixture.ts'
import { PUSH_WINDOW } from './message.ts'
import { type ServerEvent, type ServerState, serverSession, serverStep } from './serverSession.ts'

// SESSION.md is the contract: each cell of both tables, as the machines do it.

const now = 1_000_000
/** When what is asked of the cells arrives. */
const later = now + 1
const document = readFileSync(new URL('./SESSION.md', import.meta.url), 'utf8')

interface Step<S> {
  readonly state: S
  readonly effects: readonly { readonly kind: string; readonly [member: string]: unknown }[]
}

/** `next state: effects`, as a cell has it; `-`: nothing at all. */
function cellOf<S extends { readonly kind: string }>(before: S, { state, effects }: Step<S>): string {
  const words = effects.map(({ kind, code, message }) => {
    if (kind === 'send') return `send ${(message as { readonly kind: string }).kind}`
    return kind === 'refused' || kind === 'complain' ? `${kind} ${code}` : kind
  })
  if (words.length === 0 && JSON.stringify(state) === JSON.stringify(before)) return '-'
  return [state.kind, ...(words.length ? [words.join(', ')] : [])].join(': ')
}

/** The lines of a table, its head first. */
function tableOf<S extends { readonly kind: string }, E>(
  states: { readonly [name: string]: S },
  events: { readonly [name: string]: E },
  step: (state: S, event: E) => Step<S>,
): readonly string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  const names = Object.keys(states)
  return [
    line(['', ...names]),
    `|${'---|'.repeat(names.length + 1)}`,
    ...Object.entries(events).map(([name, event]) =>
      line([`\`${name}\``, ...Object.values(states).map(state => cellOf(state, step(state, event)))]),
    ),
  ]
}

function documented(title: string): readonly string[] {
  const [, section = ''] = document.split(`## ${title}\n`)
  const [own = ''] = section.split('\n## ')
  return own.split('\n').filter(line => line.startsWith('|'))
}

const after = (events: readonly ClientEvent[], last: number): ClientState =>
  events.reduce((state, event) => clientStep(state, event).state, clientSession({ answered: 0, last }))
const heard = <K extends keyof typeof SERVER_MESSAGES>(kind: K): ClientEvent => ({
  ...SERVER_MESSAGES[kind],
  now,
})
const opened: ClientEvent = { kind: 'opened', now }
const PROBLEM = { code: 'BAD_FRAME', message: 'cut', path: [] }

const CLIENT_STATES = {
  idle: after([], 1),
  greeting: after([opened], 1),
  live: after([opened, heard('welcome')], 1),
  restamping: after([opened, heard('welcome'), heard('unjudged')], 1),
  closing: after([opened, heard('welcome'), { kind: 'stop' }], 1),
} satisfies { readonly [K in ClientState['kind'] | 'restamping']: ClientState }

const CLIENT_EVENTS: { readonly [K in ClientEvent['kind']]: Extract<ClientEvent, { kind: K }> } = {
  opened: { kind: 'opened', now },
  lost: { kind: 'lost' },
  queued: { kind: 'queued', last: 2 },
  reshaped: { kind: 'reshaped' },
  restamped: { kind: 'restamped' },
  renewed: { kind: 'renewed', last: 1 },
  tick: { kind: 'tick', now: now + 16_000 },
  broken: { kind: 'broken', problem: PROBLEM },
  stop: { kind: 'stop' },
  welcome: { ...SERVER_MESSAGES.welcome, now: later },
  batch: { ...SERVER_MESSAGES.batch, now: later },
  unfit: { ...SERVER_MESSAGES.unfit, now: later },
  verdict: { ...SERVER_MESSAGES.verdict, now: later },
  unjudged: { ...SERVER_MESSAGES.unjudged, now: later },
  ping: { ...SERVER_MESSAGES.ping, now: later },
  pong: { ...SERVER_MESSAGES.pong, now: later },
  refuse: { ...SERVER_MESSAGES.refuse, now: later },
}

const said = <K extends keyof typeof CLIENT_MESSAGES>(kind: K): ServerEvent => ({
  ...CLIENT_MESSAGES[kind],
  now,
})
const terms = { schema: CLIENT_MESSAGES.hello.schema, tenant: 'main', window: 100 }
const served = (events: readonly ServerEvent[]): ServerState =>
  events.reduce((state, event) => serverStep(state, event).state, serverSession(terms, now))

const SERVER_STATES = {
  waiting: served([]),
  open: served([said('hello'), said('push'), { ...CLIENT_MESSAGES.follow, now }]),
  closed: served([{ kind: 'lost' }]),
} satisfies { readonly [K in ServerState['kind']]: ServerState }

const SERVER_EVENTS: { readonly [K in ServerEvent['kind']]: Extract<ServerEvent, { kind: K }> } = {
  fed: { kind: 'fed', epoch: 1, batch: 1, text: 'x' },
  unfit: { kind: 'unfit', epoch: 1, shape: 0, problem: PROBLEM },
  answered: {
    kind: 'answered',
    ticket: 1,
    answer: { kind: 'verdict', outcome: SERVER_MESSAGES.verdict.outcome },
  },
  failed: { kind: 'failed', code: 'UNAVAILABLE', message: 'busy' },
  tick: { kind: 'tick', now: now + 16_000 },
  lost: { kind: 'lost' },
  broken: { kind: 'broken', problem: PROBLEM },
  hello: { ...CLIENT_MESSAGES.hello, now: later },
  follow: { ...CLIENT_MESSAGES.follow, epoch: 2, now: later },
  ack: { ...CLIENT_MESSAGES.ack, now: later },
  push: { ...CLIENT_MESSAGES.push, now: later },
  ping: { ...CLIENT_MESSAGES.ping, now: later },
  pong: { ...CLIENT_MESSAGES.pong, now: later },
}

test('each cell of a replica is as SESSION.md says', () => {
  expect(tableOf(CLIENT_STATES, CLIENT_EVENTS, clientStep)).toEqual(documented('A replica'))
})

test('each cell of a gateway is as SESSION.md says', () => {
  expect(tableOf(SERVER_STATES, SERVER_EVENTS, serverStep)).toEqual(documented('A gateway'))
})

/** Any event with anything in it that passes the parsers. */
const number = fc.nat(4)
const clientEvents = fc.array(
  fc
    .record({
      event: fc.constantFrom(...Object.values(CLIENT_EVENTS)),
      n: number,
      last: number,
      epoch: number,
      batch: number,
      attempt: number,
      passed: fc.constantFrom(0, 20_000, 50_000),
      code: fc.constantFrom(
        'CLOCK_AHEAD',
        'BAD_BASE',
        'MUTATION_GAP',
        'ID_REUSED',
        'VERDICT_GONE',
        'BAD_PUSH',
      ),
    })
    .map(({ event, passed, code, ...members }) => {
      const own = Object.entries(members).filter(([name]) => Object.hasOwn(event, name))
      const problem = 'problem' in event ? { problem: { ...PROBLEM, code } } : {}
      return { event: { ...event, ...Object.fromEntries(own), ...problem } as ClientEvent, passed }
    }),
  { maxLength: 60 },
)

test('a replica, whatever happens to it: says nothing where nobody listens, keeps its number and its window', () => {
  fc.assert(
    fc.property(clientEvents, fc.boolean(), (list, jump) => {
      let state = jump ? CLIENT_STATES.live : CLIENT_STATES.idle
      let time = now
      for (const { event, passed } of list) {
        time += passed
        const before = frozen(state)
        const step = clientStep(before, 'now' in event ? { ...event, now: time } : event)
        const kinds = step.effects.map(({ kind }) => kind)
        if (before.kind === 'idle' || before.kind === 'closing') {
          expect(kinds.filter(kind => kind !== 'greet' && kind !== 'close')).toEqual([])
        }
        if (event.kind === 'lost') expect(step).toMatchObject({ state: { kind: 'idle' }, effects: [] })
        if (event.kind === 'opened') expect([step.state.kind, kinds]).toEqual(['greeting', ['greet']])
        for (const effect of step.effects) {
          if (effect.kind !== 'push') continue
          expect(effect.n).toBeGreaterThan(step.state.answered)
          expect(effect.n).toBeLessThanOrEqual(Math.min(step.state.last, step.state.answered + PUSH_WINDOW))
        }
        if (event.kind !== 'renewed') expect(step.state.answered).toBeGreaterThanOrEqual(before.answered)
        if (step.state.kind === 'live' && before.kind === 'live') {
          expect(step.state.epoch).toBeGreaterThanOrEqual(before.epoch)
        }
        state = step.state
      }
    }),
    { numRuns: 1_000 },
  )
})

const serverEvents = fc.array(
  fc
    .record({
      event: fc.constantFrom(...Object.values(SERVER_EVENTS)),
      n: number,
      epoch: number,
      batch: number,
      ticket: number,
      passed: fc.constantFrom(0, 20_000, 50_000),
      size: fc.constantFrom(1, 60, 300),
    })
    .map(({ event, passed, size, ...members }) => {
      const own = Object.entries(members).filter(([name]) => Object.hasOwn(event, name))
      const text = 'text' in event ? { text: 'x'.repeat(size) } : {}
      return { event: { ...event, ...Object.fromEntries(own), ...text } as ServerEvent, passed }
    }),
  { maxLength: 120 },
)

test('a gateway, whatever happens to it: is closed once, never asks for two batches, and is owed a bounded number of answers', () => {
  fc.assert(
    fc.property(serverEvents, fc.boolean(), (list, jump) => {
      let state: ServerState = jump ? SERVER_STATES.open : SERVER_STATES.waiting
      let time = now
      for (const { event, passed } of list) {
        time += passed
        const before = frozen(state)
        const step = serverStep(before, 'now' in event ? { ...event, now: time } : event)
        const kinds = step.effects.map(({ kind }) => kind)
        if (before.kind === 'closed') expect(step).toEqual({ state: before, effects: [] })
        else if (step.state.kind === 'closed') expect(kinds).toContain('stop')
        expect(kinds.filter(kind => kind === 'pull').length).toBeLessThanOrEqual(1)
        if (kinds.includes('pull') && before.kind === 'open' && before.pulling) {
          expect(['follow', 'fed']).toContain(event.kind)
        }
        if (step.state.kind === 'open') {
          const { unread, pushes, window } = step.state
          expect(pushes.length).toBeLessThanOrEqual(2 * PUSH_WINDOW)
          // One batch may go over the window; none is asked for behind it.
          const open = unread.slice(0, -1).reduce((sum, { size }) => sum + size, 0)
          expect(open).toBeLessThan(window)
        }
        state = step.state
      }
    }),
    { numRuns: 1_000 },
  )
})

/** A cell that writes into the state it was given throws. */
function frozen<S extends object>(state: S): S {
  for (const member of Object.values(state)) if (typeof member === 'object' && member !== null) frozen(member)
  return Object.freeze(state)
}
