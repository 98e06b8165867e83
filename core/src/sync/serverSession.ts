import type { Base } from '../change/change.ts'
import type { Json } from '../json.ts'
import type { Since } from '../ports/feed.ts'
import type { Outcome } from '../ports/writer.ts'
import type { Problem } from '../problem.ts'
import { PING_AFTER, SILENT_AFTER } from './clientSession.ts'
import { REFUSALS, type RefusalCode } from './codes.ts'
import { type ClientMessage, PUSH_WINDOW, type ServerMessage, SYNC_VERSION } from './message.ts'

/** Whom a connection may speak for, and what it gets at most. */
export interface Terms {
  /** Hash of the IR that is served. */
  readonly schema: string
  readonly tenant: string
  /** Characters of batches that may be on their way without an `ack`. */
  readonly window: number
}

/** The state of a gateway's end of the session: plain data. */
export type ServerState =
  /** Waits for `hello`. */
  | { readonly kind: 'waiting'; readonly terms: Terms; readonly heard: number }
  | {
      readonly kind: 'open'
      /** Whose mutations come. */
      readonly client: string
      readonly heard: number
      readonly pinged: boolean
      readonly window: number
      /** Of the last `follow`; 0: there was none. */
      readonly epoch: number
      /** A batch was asked for and has not come. */
      readonly pulling: boolean
      /** A batch that waits for the verdicts of what was pushed before it came. */
      readonly held: (Fed & { readonly until: number }) | null
      /** Sent and not acknowledged, in order. */
      readonly unread: readonly { readonly batch: number; readonly size: number }[]
      /** Pushes whose answer is not sent yet, in order; answers go out in that order. */
      readonly pushes: readonly Pushed[]
      /** Of the last push. */
      readonly ticket: number
    }
  | { readonly kind: 'closed' }

type Open = Extract<ServerState, { kind: 'open' }>

interface Fed {
  readonly batch: number
  /** The message, written. */
  readonly text: string
}

interface Pushed {
  readonly ticket: number
  readonly n: number
  readonly attempt: number
  readonly answer: Answer | null
}

/** What became of a push. */
export type Answer =
  | { readonly kind: 'verdict'; readonly outcome: Outcome }
  | {
      readonly kind: 'unjudged'
      readonly problem: Problem
      readonly time: number
    }

/** What happens to it: what its gateway tells it, time, and what arrives. `now`: ms. */
export type ServerEvent =
  | ({ readonly kind: 'fed'; readonly epoch: number } & Fed)
  | { readonly kind: 'unfit'; readonly epoch: number; readonly shape: number; readonly problem: Problem }
  | { readonly kind: 'answered'; readonly ticket: number; readonly answer: Answer }
  /** The feed, the writer or the gateway itself cannot go on with this connection. */
  | {
      readonly kind: 'failed'
      readonly code: RefusalCode
      readonly message: string
      readonly retry?: number
    }
  | { readonly kind: 'tick'; readonly now: number }
  | { readonly kind: 'lost' }
  /** What arrived is no message. */
  | { readonly kind: 'broken'; readonly problem: Problem }
  | (ClientMessage & { readonly now: number })

/** What its gateway does then, in this order. */
export type ServerEffect =
  | { readonly kind: 'send'; readonly message: ServerMessage }
  | { readonly kind: 'sendText'; readonly text: string }
  /** Follow these shapes from there, in place of what was followed before. */
  | {
      readonly kind: 'replicate'
      readonly epoch: number
      readonly shapes: readonly Json[]
      readonly since: Since | null
    }
  /** Ask the feed for one more batch. */
  | { readonly kind: 'pull'; readonly epoch: number }
  /** Hand a mutation to the writer. */
  | {
      readonly kind: 'submit'
      readonly ticket: number
      readonly client: string
      readonly n: number
      readonly base: Base | null
      readonly work: Json
    }
  /** A stranger's mistake: worth a line in the log. */
  | { readonly kind: 'complain'; readonly code: RefusalCode; readonly message: string }
  /** Stop following. */
  | { readonly kind: 'stop' }
  | { readonly kind: 'close'; readonly code: number; readonly reason: string }

export interface ServerStep {
  readonly state: ServerState
  readonly effects: readonly ServerEffect[]
}

export function serverSession(terms: Terms, now: number): ServerState {
  return { kind: 'waiting', terms, heard: now }
}

/** The next state, and what is to be done. Pure and total. */
export function serverStep(state: ServerState, event: ServerEvent): ServerStep {
  // TypeScript cannot know that both indices fit their cell; the table's type says that each cell exists and fits.
  const cell = TABLE[state.kind][event.kind] as (state: ServerState, event: ServerEvent) => ServerStep
  return cell(state, event)
}

type Cell<S extends ServerState['kind'], E extends ServerEvent['kind']> = (
  state: Extract<ServerState, { kind: S }>,
  event: Extract<ServerEvent, { kind: E }>,
) => ServerStep

type Table = {
  readonly [S in ServerState['kind']]: { readonly [E in ServerEvent['kind']]: Cell<S, E> }
}

const stay = (state: ServerState): ServerStep => ({ state, effects: [] })

/** What is said to strangers about their own mistakes stays short, however long those are. */
const WORDS = 300

interface Ending {
  readonly code: RefusalCode
  readonly message: string
  readonly retry?: number
}

function end({ code, message, retry = REFUSALS[code].retry ?? undefined }: Ending): ServerStep {
  const words = message.slice(0, WORDS)
  return {
    state: { kind: 'closed' },
    effects: [
      { kind: 'stop' },
      { kind: 'send', message: { kind: 'refuse', code, message: words, retry: retry ?? null } },
      { kind: 'close', code: REFUSALS[code].close, reason: code },
    ],
  }
}

/** As `end`, for what a well-behaved replica never does. */
function blame(code: RefusalCode, message: string): ServerStep {
  const { state, effects } = end({ code, message })
  return { state, effects: [{ kind: 'complain', code, message: message.slice(0, WORDS) }, ...effects] }
}

const unexpected = (_state: ServerState, { kind }: { readonly kind: string }): ServerStep =>
  blame('UNEXPECTED', `${kind} has no place here`)

const broken = (_state: ServerState, { problem }: { readonly problem: Problem }): ServerStep =>
  blame(
    problem.code === 'VERSION' || problem.code === 'BAD_FRAME' ? problem.code : 'BAD_MESSAGE',
    problem.message,
  )

const lost = (): ServerStep => ({ state: { kind: 'closed' }, effects: [{ kind: 'stop' }] })

const failed = (_state: ServerState, ending: Ending): ServerStep => end(ending)

function hello(
  { terms }: Extract<ServerState, { kind: 'waiting' }>,
  event: Extract<ServerEvent, { kind: 'hello' }>,
): ServerStep {
  if (event.tenant !== terms.tenant) {
    return blame('FORBIDDEN', 'This principal may not read the tenant that the replica holds')
  }
  if (event.schema !== terms.schema) {
    return end({ code: 'SCHEMA', message: 'The gateway serves another schema; update the app' })
  }
  return {
    state: {
      kind: 'open',
      client: event.client,
      heard: event.now,
      pinged: false,
      window: Math.min(event.window, terms.window),
      epoch: 0,
      pulling: false,
      held: null,
      unread: [],
      pushes: [],
      ticket: 0,
    },
    effects: [{ kind: 'send', message: { kind: 'welcome', version: SYNC_VERSION, time: event.now } }],
  }
}

function follow(state: Open, event: Extract<ServerEvent, { kind: 'follow' }>): ServerStep {
  const { epoch, shapes, since, now } = event
  if (epoch <= state.epoch) return unexpected(state, event)
  return pull({ ...state, heard: now, pinged: false, epoch, pulling: false, held: null, unread: [] }, [
    { kind: 'replicate', epoch, shapes, since },
  ])
}

/** Asks for the next batch once the last one is on its way and its reader keeps up. */
function pull(state: Open, before: readonly ServerEffect[]): ServerStep {
  const { epoch, pulling, held, unread, window } = state
  const full = unread.reduce((sum, { size }) => sum + size, 0) >= window
  if (epoch === 0 || pulling || held || full) return { state, effects: before }
  return { state: { ...state, pulling: true }, effects: [...before, { kind: 'pull', epoch }] }
}

/**
 * A batch may hold the effects of a mutation that the same replica has just pushed. It must learn the verdict
 * first, or it would count them twice: so the batch waits for the pushes that came before it.
 */
function fed(state: Open, event: Extract<ServerEvent, { kind: 'fed' }>): ServerStep {
  if (event.epoch !== state.epoch || !state.pulling) return stay(state)
  const { batch, text } = event
  return release({ ...state, pulling: false, held: { batch, text, until: state.ticket } }, [])
}

function release(state: Open, before: readonly ServerEffect[]): ServerStep {
  const { held, pushes, unread } = state
  const oldest = pushes[0]
  if (!held || (oldest && oldest.ticket <= held.until)) return { state, effects: before }
  return pull({ ...state, held: null, unread: [...unread, { batch: held.batch, size: held.text.length }] }, [
    ...before,
    { kind: 'sendText', text: held.text },
  ])
}

function push(state: Open, event: Extract<ServerEvent, { kind: 'push' }>): ServerStep {
  const { n, attempt, base, work, now } = event
  // Queues that are sent again may overlap with the answers to the last time.
  if (state.pushes.length >= 2 * PUSH_WINDOW) {
    return blame('UNEXPECTED', `More than ${PUSH_WINDOW} mutations wait for their verdicts`)
  }
  const ticket = state.ticket + 1
  const pushes = [...state.pushes, { ticket, n, attempt, answer: null }]
  return {
    state: { ...state, heard: now, pinged: false, ticket, pushes },
    effects: [{ kind: 'submit', ticket, client: state.client, n, base, work }],
  }
}

function answered(state: Open, { ticket, answer }: Extract<ServerEvent, { kind: 'answered' }>): ServerStep {
  const pushes = state.pushes.map(push => (push.ticket === ticket ? { ...push, answer } : push))
  const effects: ServerEffect[] = []
  let done = 0
  for (const { n, attempt, answer } of pushes) {
    if (!answer) break
    effects.push({ kind: 'send', message: { n, attempt, ...answer } })
    done++
  }
  return release({ ...state, pushes: pushes.slice(done) }, effects)
}

function ack(state: Open, event: Extract<ServerEvent, { kind: 'ack' }>): ServerStep {
  const heard = { ...state, heard: event.now, pinged: false }
  if (event.epoch !== state.epoch) return stay(heard)
  return pull({ ...heard, unread: state.unread.filter(({ batch }) => batch > event.batch) }, [])
}

function tick(state: Extract<ServerState, { heard: number }>, now: number): ServerStep {
  if (now - state.heard > SILENT_AFTER) {
    return end({ code: 'SILENT', message: 'The replica has not been heard of' })
  }
  if (state.kind !== 'open' || state.pinged || now - state.heard <= PING_AFTER) return stay(state)
  return { state: { ...state, pinged: true }, effects: [{ kind: 'send', message: { kind: 'ping' } }] }
}

const TABLE: Table = {
  waiting: {
    fed: stay,
    unfit: stay,
    answered: stay,
    failed,
    tick: (state, { now }) => tick(state, now),
    lost,
    broken,
    hello,
    follow: unexpected,
    ack: unexpected,
    push: unexpected,
    ping: unexpected,
    pong: unexpected,
  },
  open: {
    fed,
    unfit: (state, { epoch, shape, problem }) =>
      epoch === state.epoch
        ? {
            state: { ...state, pulling: false },
            effects: [{ kind: 'stop' }, { kind: 'send', message: { kind: 'unfit', epoch, shape, problem } }],
          }
        : stay(state),
    answered,
    failed,
    tick: (state, { now }) => tick(state, now),
    lost,
    broken,
    hello: unexpected,
    follow,
    ack,
    push,
    ping: (state, { now }) => ({
      state: { ...state, heard: now, pinged: false },
      effects: [{ kind: 'send', message: { kind: 'pong', time: now } }],
    }),
    pong: (state, { now }) => stay({ ...state, heard: now, pinged: false }),
  },
  closed: {
    fed: stay,
    unfit: stay,
    answered: stay,
    failed: stay,
    tick: stay,
    lost: stay,
    broken: stay,
    hello: stay,
    follow: stay,
    ack: stay,
    push: stay,
    ping: stay,
    pong: stay,
  },
}
