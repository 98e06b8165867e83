import type { SentBatch } from '../ports/replicaWire.ts'
import type { Outcome } from '../ports/writer.ts'
import type { Problem } from '../problem.ts'
import { REFUSALS, type RefusalCode } from './codes.ts'
import { type ClientMessage, PUSH_WINDOW, type ServerMessage } from './message.ts'

/** A gateway that is silent this long (ms) is asked whether it is there, and then given up. */
export const PING_AFTER = 15_000
export const SILENT_AFTER = 45_000

/** What outlives a connection. */
interface Book {
  /** The verdicts of mutations up to here have arrived. */
  readonly answered: number
  /** The last mutation that the outbox holds durably. */
  readonly last: number
}

/** The state of a replica's end of the session: plain data. */
export type ClientState =
  /** No connection. */
  | ({ readonly kind: 'idle' } & Book)
  /** Connected; `hello` is sent. */
  | ({ readonly kind: 'greeting'; readonly heard: number; readonly pinged: null } & Book)
  | ({
      readonly kind: 'live'
      /** When the gateway was last heard of. */
      readonly heard: number
      /** When the ping was sent that waits for its pong. */
      readonly pinged: number | null
      /** Of the last `follow`, and the last batch in it. */
      readonly epoch: number
      readonly batch: number
      /** The next mutation to send, and how often the queue was sent again. */
      readonly next: number
      readonly attempt: number
      /** Nothing is pushed until the outbox is restamped. */
      readonly restamping: boolean
    } & Book)
  /** The end is said; what still arrives is void. */
  | ({ readonly kind: 'closing' } & Book)

type Live = Extract<ClientState, { kind: 'live' }>

/** What happens to it: what its replica tells it, time, and what arrives. `now`: the device's clock, ms. */
export type ClientEvent =
  | { readonly kind: 'opened'; readonly now: number }
  | { readonly kind: 'lost' }
  /** The outbox holds mutations up to here. */
  | { readonly kind: 'queued'; readonly last: number }
  /** Other shapes are wanted, or what is held of them changed. */
  | { readonly kind: 'reshaped' }
  | { readonly kind: 'restamped' }
  /** The outbox has a new client id; its mutations are numbered anew. */
  | { readonly kind: 'renewed'; readonly last: number }
  | { readonly kind: 'tick'; readonly now: number }
  /** What arrived is no message, or not fit to be used. */
  | { readonly kind: 'broken'; readonly problem: Problem }
  | { readonly kind: 'stop' }
  | (ServerMessage & { readonly now: number })

/** What its replica does then, in this order. */
export type ClientEffect =
  /** Send `hello`. */
  | { readonly kind: 'greet'; readonly answered: number }
  /** Send `follow`, with the shapes wanted and what is held of them. */
  | { readonly kind: 'follow'; readonly epoch: number }
  /** Send this mutation, as it stands in the outbox. */
  | { readonly kind: 'push'; readonly n: number; readonly attempt: number }
  | { readonly kind: 'send'; readonly message: ClientMessage }
  /** Merge a batch. */
  | { readonly kind: 'apply'; readonly body: SentBatch }
  | { readonly kind: 'settle'; readonly n: number; readonly outcome: Outcome }
  /** A shape cannot be had: drop it, and say `reshaped`. */
  | { readonly kind: 'unfit'; readonly shape: number; readonly problem: Problem }
  /** Server time minus device time, in ms. */
  | { readonly kind: 'offset'; readonly ms: number }
  /** Its verdict is kept no longer. */
  | { readonly kind: 'unknown'; readonly n: number; readonly problem: Problem }
  /** Restamp all that has no verdict, then say `restamped`. */
  | { readonly kind: 'restamp' }
  /** The positions that what has no verdict is based on are of another log: forget them, then say `restamped`. */
  | { readonly kind: 'rebase' }
  /** Take a new client id, number what has no verdict anew, then say `renewed`; the connection is closed then. */
  | { readonly kind: 'renew' }
  /** The gateway will not have us. `retry`: as in the message `refuse`. */
  | {
      readonly kind: 'refused'
      readonly code: RefusalCode
      readonly message: string
      readonly retry: number | null
    }
  /** Close the connection; `lost` follows. */
  | { readonly kind: 'close'; readonly code: number; readonly reason: string }

export interface ClientStep {
  readonly state: ClientState
  readonly effects: readonly ClientEffect[]
}

export function clientSession({ answered, last }: Book): ClientState {
  return { kind: 'idle', answered, last }
}

/** The next state, and what is to be done. Pure and total. */
export function clientStep(state: ClientState, event: ClientEvent): ClientStep {
  // TypeScript cannot know that both indices fit their cell; the table's type says that each cell exists and fits.
  const cell = TABLE[state.kind][event.kind] as (state: ClientState, event: ClientEvent) => ClientStep
  return cell(state, event)
}

type Cell<S extends ClientState['kind'], E extends ClientEvent['kind']> = (
  state: Extract<ClientState, { kind: S }>,
  event: Extract<ClientEvent, { kind: E }>,
) => ClientStep

type Table = {
  readonly [S in ClientState['kind']]: { readonly [E in ClientEvent['kind']]: Cell<S, E> }
}

const stay = (state: ClientState): ClientStep => ({ state, effects: [] })

const bookOf = ({ answered, last }: Book): Book => ({ answered, last })

const idle = (state: ClientState): ClientStep => stay({ kind: 'idle', ...bookOf(state) })

const greet = (state: ClientState, { now }: { readonly now: number }): ClientStep => ({
  state: { kind: 'greeting', heard: now, pinged: null, ...bookOf(state) },
  effects: [{ kind: 'greet', answered: state.answered }],
})

/** Mutations may become durable in another order than they were made in; what comes before a durable one is durable, too. */
const queue = <S extends ClientState>(state: S, last: number): S => ({
  ...state,
  last: Math.max(state.last, last),
})

const noted = (state: ClientState, { last }: { readonly last: number }): ClientStep =>
  stay(queue(state, last))

const renewed = (state: ClientState, { last }: { readonly last: number }): ClientStep =>
  stay({ ...state, answered: 0, last })

function end(state: ClientState, code: RefusalCode, reason: string): ClientStep {
  const { close, retry } = REFUSALS[code]
  return {
    state: { kind: 'closing', ...bookOf(state) },
    effects: [
      { kind: 'refused', code, message: reason, retry },
      { kind: 'close', code: close, reason: code },
    ],
  }
}

const unexpected = (state: ClientState, { kind }: { readonly kind: string }): ClientStep =>
  end(state, 'UNEXPECTED', `The gateway sent ${kind} where it has no place`)

const broken = (state: ClientState, { problem }: { readonly problem: Problem }): ClientStep =>
  end(
    state,
    problem.code === 'VERSION' || problem.code === 'BAD_FRAME' ? problem.code : 'BAD_MESSAGE',
    problem.message,
  )

const stop = (state: ClientState): ClientStep => ({
  state: { kind: 'closing', ...bookOf(state) },
  effects: [{ kind: 'close', code: 1000, reason: '' }],
})

const refused = (
  state: ClientState,
  { code, message, retry }: Extract<ServerMessage, { kind: 'refuse' }>,
): ClientStep => ({
  state: { kind: 'closing', ...bookOf(state) },
  effects: [
    { kind: 'refused', code, message, retry },
    { kind: 'close', code: 1000, reason: '' },
  ],
})

function tick(state: Extract<ClientState, { heard: number }>, now: number): ClientStep {
  if (now - state.heard > SILENT_AFTER) return end(state, 'SILENT', 'The gateway has not been heard of')
  if (state.kind !== 'live' || state.pinged !== null || now - state.heard <= PING_AFTER) return stay(state)
  return { state: { ...state, pinged: now }, effects: [{ kind: 'send', message: { kind: 'ping' } }] }
}

/** Sends what the window has room for. */
function pump(state: Live, before: readonly ClientEffect[] = []): ClientStep {
  if (state.restamping) return { state, effects: before }
  const until = Math.min(state.last, state.answered + PUSH_WINDOW)
  const effects = [...before]
  for (let n = state.next; n <= until; n++) effects.push({ kind: 'push', n, attempt: state.attempt })
  return { state: { ...state, next: Math.max(state.next, until + 1) }, effects }
}

/** Begins with the first mutation that has no verdict, in a new attempt: answers to earlier ones are void. */
function again(state: Live): ClientStep {
  return pump({ ...state, restamping: false, attempt: state.attempt + 1, next: state.answered + 1 })
}

/**
 * Mutations go before the first `follow`: a gateway gives no batch before the verdicts of what was pushed earlier,
 * and so no mutation of ours arrives in a batch while we do not know that it is done.
 */
function welcomed(
  state: Extract<ClientState, { kind: 'greeting' }>,
  { time, now }: { readonly time: number; readonly now: number },
): ClientStep {
  const live: Live = {
    kind: 'live',
    ...bookOf(state),
    heard: now,
    pinged: null,
    epoch: 0,
    batch: 0,
    next: state.answered + 1,
    attempt: 1,
    restamping: false,
  }
  const pumped = pump(live, [{ kind: 'offset', ms: time - now }])
  return follow(pumped.state as Live, pumped.effects)
}

function follow(state: Live, before: readonly ClientEffect[] = []): ClientStep {
  const epoch = state.epoch + 1
  return { state: { ...state, epoch, batch: 0 }, effects: [...before, { kind: 'follow', epoch }] }
}

function batch(state: Live, event: Extract<ClientEvent, { kind: 'batch' }>): ClientStep {
  const heard = { ...state, heard: event.now }
  if (event.epoch < state.epoch) return stay(heard)
  if (event.epoch > state.epoch || event.batch !== state.batch + 1) return unexpected(state, event)
  return {
    state: { ...heard, batch: event.batch },
    effects: [
      { kind: 'apply', body: event.body },
      { kind: 'send', message: { kind: 'ack', epoch: event.epoch, batch: event.batch } },
    ],
  }
}

function verdict(state: Live, event: Extract<ClientEvent, { kind: 'verdict' }>): ClientStep {
  const heard = { ...state, heard: event.now }
  // Of an earlier attempt: the same verdict came before.
  if (event.n <= state.answered) return stay(heard)
  if (event.n !== state.answered + 1 || event.n >= state.next) return unexpected(state, event)
  return pump({ ...heard, answered: event.n }, [{ kind: 'settle', n: event.n, outcome: event.outcome }])
}

/** The first mutation without a verdict was not judged; that others behind it were not either is a matter of course. */
function unjudged(state: Live, event: Extract<ClientEvent, { kind: 'unjudged' }>): ClientStep {
  const heard = { ...state, heard: event.now }
  // An answer to an earlier attempt is behind the times.
  if (event.attempt !== state.attempt || state.restamping || event.n <= state.answered) return stay(heard)
  switch (event.problem.code) {
    case 'CLOCK_AHEAD':
      return {
        state: { ...heard, restamping: true },
        effects: [{ kind: 'offset', ms: event.time - event.now }, { kind: 'restamp' }],
      }
    case 'BAD_BASE':
      return { state: { ...heard, restamping: true }, effects: [{ kind: 'rebase' }] }
    case 'MUTATION_GAP':
      // Nothing of ours is missing before the first: the gateway has forgotten what it answered.
      return event.n === state.answered + 1 ? renew(state) : again(heard)
    case 'ID_REUSED':
      return renew(state)
    case 'VERDICT_GONE':
      if (event.n !== state.answered + 1) return again(heard)
      return pump({ ...heard, answered: event.n }, [{ kind: 'unknown', n: event.n, problem: event.problem }])
    default:
      return end(
        state,
        'UNEXPECTED',
        `A push is refused with ${event.problem.code}: ${event.problem.message}`,
      )
  }
}

/** The connection stays until the new client id is durable, so that nobody says `hello` under it before. */
function renew(state: ClientState): ClientStep {
  return { state: { kind: 'closing', ...bookOf(state) }, effects: [{ kind: 'renew' }] }
}

/** Where nobody listens: what the two states without a session have in common. */
const DEAF = {
  opened: greet,
  queued: noted,
  reshaped: stay,
  restamped: stay,
  tick: stay,
  broken: stay,
  stop: stay,
  welcome: stay,
  batch: stay,
  unfit: stay,
  verdict: stay,
  unjudged: stay,
  ping: stay,
  pong: stay,
  refuse: stay,
}

const TABLE: Table = {
  idle: { ...DEAF, lost: stay, renewed },
  greeting: {
    opened: greet,
    lost: idle,
    queued: noted,
    reshaped: stay,
    restamped: stay,
    renewed,
    tick: (state, { now }) => tick(state, now),
    broken,
    stop,
    welcome: welcomed,
    batch: unexpected,
    unfit: unexpected,
    verdict: unexpected,
    unjudged: unexpected,
    ping: unexpected,
    pong: unexpected,
    refuse: refused,
  },
  live: {
    opened: greet,
    lost: idle,
    queued: (state, { last }) => pump(queue(state, last)),
    reshaped: state => follow(state),
    restamped: state => (state.restamping ? again(state) : stay(state)),
    renewed: (state, event) => stop(renewed(state, event).state),
    tick: (state, { now }) => tick(state, now),
    broken,
    stop,
    welcome: unexpected,
    batch,
    unfit: (state, event) =>
      event.epoch === state.epoch
        ? {
            state: { ...state, heard: event.now },
            effects: [{ kind: 'unfit', shape: event.shape, problem: event.problem }],
          }
        : stay({ ...state, heard: event.now }),
    verdict,
    unjudged,
    ping: (state, { now }) => ({
      state: { ...state, heard: now },
      effects: [{ kind: 'send', message: { kind: 'pong' } }],
    }),
    pong: (state, { time, now }) => ({
      state: { ...state, heard: now, pinged: null },
      // Half of the way there and back is what the answer is old.
      effects:
        state.pinged === null ? [] : [{ kind: 'offset', ms: Math.round(time - (state.pinged + now) / 2) }],
    }),
    refuse: refused,
  },
  closing: { ...DEAF, lost: idle, renewed: (state, event) => stop(renewed(state, event).state) },
}
