import type { Act } from '@zg/core/act/act'
import { base32 } from '@zg/core/change/base32'
import type { Base, Change } from '@zg/core/change/change'
import type { Hlc } from '@zg/core/change/clock'
import type { Json } from '@zg/core/json'
import type { Outcome, Work } from '@zg/core/ports/writer'
import { ProblemError, problem } from '@zg/core/problem'
import type { Disk } from './disk.ts'
import { lineOf, linesOf } from './lines.ts'

/** One mutation made here. */
export interface Entry {
  /** Counts up for ever on this disk; `n` starts anew with each client id. */
  readonly id: number
  readonly client: string
  readonly n: number
  /** What was asked for, and under which id of the caller's. */
  readonly acts: readonly Act[]
  readonly mutationId: string | null
  readonly base: Base | null
  /** In the merge lane these go out; else they only show what the acts will do. */
  readonly changes: readonly Change[]
  readonly work: Work['kind']
  /** What is pushed in the guarded lane: the acts, their texts made into updates. */
  readonly sent: readonly Act[]
  /** Null until the verdict is known. */
  readonly outcome: Outcome | null
  /** It rests on this refused one, so it does not show; the gateway judges it all the same. */
  readonly because: number | null
}

/**
 * The mutations made here: those whose effect is not in what a gateway has sent, and the drawer of refused ones. An append-only
 * file, durable before anything of it is pushed.
 */
export interface Outbox {
  /** The durable id under which `n` counts. */
  readonly client: string
  /** Verdicts up to here are known, of this client. */
  readonly answered: number
  /** Of the last mutation. */
  readonly last: number
  /** The greatest stamp given. */
  readonly clock: Hlc | null
  entries(): Iterable<Entry>
  get(id: number): Entry | undefined
  /** The mutation with this number that has no verdict yet. */
  waiting(n: number): Entry | undefined
  /** `replaces`: a refused one, which leaves the drawer. */
  add(entry: Omit<Entry, 'id' | 'client' | 'n' | 'outcome' | 'because'>, replaces: number | null): Entry
  settle(id: number, outcome: Outcome, hidden: readonly number[]): void
  remove(ids: readonly number[]): void
  /** Writes the whole file anew, under another client id if it is given one: waiting mutations count from 1 then. */
  rewrite(change: (entry: Entry) => Entry, client?: string): void
  sync(): Promise<void>
}

const FILE = 'outbox'
/** Of what is written here (DISK.md). */
const FORMAT = 1
/** So many records that count no more, and the file is written anew. */
const SPENT_LIMIT = 1_000

type Line =
  | {
      readonly kind: 'head'
      readonly format: number
      readonly client: string
      readonly answered: number
      readonly last: number
      readonly id: number
      readonly clock: Hlc | null
    }
  | { readonly kind: 'mutation'; readonly entry: Entry; readonly replaces: number | null }
  | {
      readonly kind: 'verdict'
      readonly id: number
      readonly outcome: Outcome
      readonly hidden: readonly number[]
    }
  | { readonly kind: 'gone'; readonly ids: readonly number[] }

/**
 * Throws `OUTBOX_DAMAGED` if the file is damaged in a way that no crash explains, and `OUTBOX_FORMAT` if another version of
 * this package has written it: nothing is thrown away unasked.
 */
export async function openOutbox(disk: Disk, random: (bytes: number) => Uint8Array): Promise<Outbox> {
  const file = (await disk.read(FILE)) ?? ''
  const { records, good, damaged } = linesOf(file)
  if (damaged) throw damage()
  checkFormat(records[0] as unknown as Line | undefined)
  if (good !== null) disk.replace(FILE, good)
  const state: State = { client: '', answered: 0, last: 0, id: 0, clock: null, entries: new Map(), spent: 0 }
  for (const record of records) replay(state, record as unknown as Line)
  const outbox = createOutbox(disk, state)
  if (state.client === '') outbox.rewrite(entry => entry, freshClient(random))
  return outbox
}

/** 128 random bits. */
export function freshClient(random: (bytes: number) => Uint8Array): string {
  return base32(random(16))
}

interface State {
  client: string
  answered: number
  last: number
  id: number
  clock: Hlc | null
  readonly entries: Map<number, Entry>
  spent: number
}

function replay(state: State, line: Line): void {
  switch (line.kind) {
    case 'head':
      state.client = line.client
      state.answered = line.answered
      state.last = line.last
      state.id = line.id
      state.clock = line.clock
      break
    case 'mutation':
      if (line.replaces !== null) gone(state, [line.replaces])
      took(state, line.entry)
      break
    case 'verdict':
      settled(state, line.id, line.outcome, line.hidden)
      break
    case 'gone':
      gone(state, line.ids)
      break
  }
}

function took(state: State, entry: Entry): void {
  state.entries.set(entry.id, entry)
  state.id = Math.max(state.id, entry.id)
  if (entry.client === state.client) state.last = Math.max(state.last, entry.n)
  for (const { id } of entry.changes) if (state.clock === null || id > state.clock) state.clock = id
}

function settled(state: State, id: number, outcome: Outcome, hidden: readonly number[]): void {
  const entry = state.entries.get(id)
  if (!entry) return
  state.entries.set(id, { ...entry, outcome })
  if (entry.client === state.client) state.answered = Math.max(state.answered, entry.n)
  for (const other of hidden) {
    const dependent = state.entries.get(other)
    if (dependent) state.entries.set(other, { ...dependent, because: id })
  }
  state.spent++
}

function gone(state: State, ids: readonly number[]): void {
  for (const id of ids) state.entries.delete(id)
  state.spent += ids.length
}

function createOutbox(disk: Disk, state: State): Outbox {
  const write = (line: Line): void => {
    replay(state, line)
    disk.append(FILE, lineOf(line as unknown as Json))
    if (state.spent > SPENT_LIMIT) rewrite(entry => entry)
  }
  const rewrite = (change: (entry: Entry) => Entry, client = state.client): void => {
    const renewed = client !== state.client
    let n = 0
    for (const [id, known] of state.entries) {
      let entry = known
      if (renewed && entry.outcome === null) entry = { ...entry, client, n: ++n }
      state.entries.set(id, change(entry))
    }
    if (renewed) {
      state.client = client
      state.answered = 0
      state.last = n
    }
    state.spent = 0
    const { answered, last, id, clock } = state
    const lines: Line[] = [
      { kind: 'head', format: FORMAT, client, answered, last, id, clock },
      ...[...state.entries.values()].map((entry): Line => ({ kind: 'mutation', entry, replaces: null })),
    ]
    disk.replace(FILE, lines.map(line => lineOf(line as unknown as Json)).join(''))
    for (const entry of state.entries.values()) took(state, entry)
  }

  return {
    get client() {
      return state.client
    },
    get answered() {
      return state.answered
    },
    get last() {
      return state.last
    },
    get clock() {
      return state.clock
    },
    entries: () => state.entries.values(),
    get: id => state.entries.get(id),
    waiting: n => {
      for (const entry of state.entries.values()) {
        if (entry.n === n && entry.client === state.client && entry.outcome === null) return entry
      }
      return undefined
    },
    add: (added, replaces) => {
      const entry: Entry = {
        ...added,
        id: state.id + 1,
        client: state.client,
        n: state.last + 1,
        outcome: null,
        because: null,
      }
      write({ kind: 'mutation', entry, replaces })
      return entry
    },
    settle: (id, outcome, hidden) => write({ kind: 'verdict', id, outcome, hidden }),
    remove: ids => {
      if (ids.length) write({ kind: 'gone', ids })
    },
    rewrite,
    sync: () => disk.sync(),
  }
}

function checkFormat(head: Line | undefined): void {
  if (!head || (head.kind === 'head' && head.format === FORMAT)) return
  const message = `The outbox of this device is not of format ${FORMAT}: open it with the version of @zg/client that wrote it until it is empty`
  throw new ProblemError([problem('OUTBOX_FORMAT', [FILE], message)])
}

function damage(): ProblemError {
  const message =
    'The outbox of this device is damaged in the middle. Keep a copy of it before you remove it: it holds what was not sent yet'
  return new ProblemError([problem('OUTBOX_DAMAGED', [FILE], message)])
}
