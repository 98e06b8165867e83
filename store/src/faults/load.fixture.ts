import type { Act } from '@zg/core/act/act'
import { rowOf } from '@zg/core/memory/rows'
import type { ReplicaEvent } from '@zg/core/ports/feed'
import { add, create, film, increment, remove, set, tag, update } from '@zg/core/ports/ports.suite'
import type { Position } from '@zg/core/ports/position'
import type { Scope } from '@zg/core/ports/scope'
import { ProblemError } from '@zg/core/problem'
import { TRUE } from '@zg/core/query/expression'
import type { Row } from '@zg/core/query/query'
import type { Store } from '../store.ts'
import { written } from './model.fixture.ts'
import { createTypist, openText, type Typist } from './typist.fixture.ts'

/** Callers and followers that go on whatever happens, and remember all that they were told. */
export interface Load {
  readonly scope: Scope
  /** Resolves once somebody is told this code again. */
  hears(code: string): Promise<void>
  /** Resolves once `count` more mutations were acknowledged through each store and heard of by each follower. */
  more(count: number): Promise<void>
  /** Ends the callers when each has its answer, and the followers when they have come to the end of the log. */
  stop(): Promise<History>
}

export interface History {
  /** Mutations that were acknowledged, each once, however often it was asked for. */
  readonly acknowledged: number
  /** Of the rows that those have made: these are there, and these are gone. */
  readonly alive: ReadonlySet<string>
  readonly gone: ReadonlySet<string>
  /** How often callers and followers were told what, by code. */
  readonly told: ReadonlyMap<string, number>
  /** The longest that anybody waited for an answer of whatever kind, in ms. */
  readonly longest: number
  readonly views: readonly View[]
  /** What each caller has typed, all of it acknowledged. */
  readonly typed: readonly Typist['words'][]
}

/** What one follower has made of the events. */
export interface View {
  readonly rows: ReadonlyMap<string, Row>
  /** How often a row was told of. */
  readonly told: ReadonlyMap<string, number>
  /** Likes of the shared row, as they came. */
  readonly likes: readonly number[]
}

export interface LoadOptions {
  readonly stores: readonly Store[]
  readonly scope: Scope
  readonly log: string
  readonly callers?: number
}

/** Everybody increments it in every mutation: lost and doubled ones show in its sum. */
export const SHARED = 'film_shared'
/** ms before a caller asks again, as clients do. */
const PAUSE = 10

export async function startLoad({ stores, scope, log, callers = 6 }: LoadOptions): Promise<Load> {
  const told = new Map<string, number>()
  const waiters = new Set<() => void>()
  const acknowledged = stores.map(() => 0)
  const alive = new Set<string>()
  const gone = new Set<string>()
  const followers = stores.map((_, i) => createFollower(i))
  const replicas = stores.map((_, i) => createFollower(i))
  let longest = 0
  let running = true
  let failed: unknown
  const end = new AbortController()

  const note = (error: unknown): void => {
    const code = codeOf(error)
    told.set(code, (told.get(code) ?? 0) + 1)
    // A bug is no fault: nobody asks again.
    if (!RETRIED.has(code)) failed ??= error
    wake()
  }
  const wake = (): void => {
    for (const waiter of [...waiters]) waiter()
  }
  const until = (holds: () => boolean): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (failed === undefined && !holds()) return
        waiters.delete(look)
        if (failed === undefined) resolve()
        else reject(failed)
      }
      waiters.add(look)
      look()
    })
  const timed = async <T>(work: () => T | Promise<T>): Promise<T> => {
    const since = performance.now()
    try {
      return await work()
    } finally {
      longest = Math.max(longest, performance.now() - since)
    }
  }

  /** Asks until there is an answer. Whoever got none tries the next gateway: the mutation id is known there, too. */
  const insist = async (from: number, mutationId: string, acts: readonly Act[]) => {
    for (let at = from; ; at++) {
      const store = stores[at % stores.length] as Store
      try {
        const outcome = await timed(() => store.writer.commit({ scope, acts, mutationId }))
        if (outcome.verdict.status !== 'applied') throw new Error(JSON.stringify(outcome.verdict.problems))
        acknowledged[at % stores.length]!++
        wake()
        return outcome
      } catch (error) {
        note(error)
        if (failed !== undefined) throw failed
        await new Promise(resolve => setTimeout(resolve, PAUSE))
      }
    }
  }

  await insist(0, 'first', [film('shared', { likes: increment('1') }), tag('t'), openText])

  const typists = Array.from({ length: callers }, (_, i) => createTypist(i))

  const call = async (typist: Typist, caller: number): Promise<void> => {
    for (let n = 0; running && failed === undefined; n++) {
      const { acts, made, removed } = mutation(caller, n)
      const { position } = await insist(caller, `${caller}x${n}`, [...acts, ...typist.along(n)])
      alive.add(made)
      const typing = typist.alone(n, position)
      if (typing.length) await insist(caller, `${caller}t${n}`, [liked, ...typing])
      if (!removed) continue
      alive.delete(removed)
      gone.add(removed)
    }
  }
  const follow = async (follower: Follower): Promise<void> => {
    for (let at = follower.index; !end.signal.aborted && failed === undefined; at++) {
      const store = stores[at % stores.length] as Store
      try {
        const since: Position = { log, seqs: { [scope.tenant]: follower.seq } }
        const shape = { entity: 'Film', where: TRUE }
        for await (const batch of store.feed.follow({ scope, shape, since, signal: end.signal })) {
          follower.hear(batch.events, batch.position.seqs[scope.tenant] ?? 0)
          wake()
        }
      } catch (error) {
        note(error)
        await new Promise(resolve => setTimeout(resolve, PAUSE))
      }
    }
  }
  /** As a replica does: it asks once, and waits for whatever happens. */
  const replicate = async (replica: Follower): Promise<void> => {
    const store = stores[replica.index] as Store
    const shapes = [{ entity: 'Film', where: TRUE }]
    try {
      for await (const batch of store.feed.replicate({ scope, shapes, signal: end.signal })) {
        if (batch.kind === 'reset') throw new Error(`A replica is told to start over: ${batch.reason}`)
        replica.hear(batch.events.flatMap(rowEvent), batch.position.seqs[scope.tenant] ?? 0)
        wake()
      }
    } catch (error) {
      failed ??= error
      wake()
    }
  }
  const calling = Promise.all(typists.map(call))
  const following = Promise.all([...followers.map(follow), ...replicas.map(replicate)])
  const all = [...followers, ...replicas]

  return {
    scope,
    hears: code => {
      const known = told.get(code) ?? 0
      return until(() => (told.get(code) ?? 0) > known)
    },
    more: async count => {
      const goals = acknowledged.map(known => known + count)
      await until(() => goals.every((goal, i) => (acknowledged[i] ?? 0) >= goal))
      const known = [...alive]
      await until(() => all.every(({ view }) => known.every(id => view.told.has(id) || gone.has(id))))
    },
    stop: async () => {
      running = false
      await calling
      const { position } = await insist(0, 'last', [liked])
      const head = position.seqs[scope.tenant] ?? 0
      await until(() => all.every(({ seq }) => seq >= head))
      end.abort()
      await following
      if (failed !== undefined) throw failed
      const views = all.map(({ view }) => view)
      const sum = acknowledged.reduce((one, other) => one + other, 0)
      const typed = typists.map(({ words }) => words)
      return { acknowledged: sum, alive, gone, told, longest, views, typed }
    },
  }
}

/** What a replica is told of a row, as a follower is. */
function rowEvent(event: ReplicaEvent): readonly Told[] {
  const { kind, entity, key: id } = event
  const view = written.entity('Film')
  // Of edges there is nothing to check here.
  if (entity !== view.ir.number) return []
  return [kind === 'upsert' ? { kind, id, row: rowOf(view, id, event.instance) } : { kind, id }]
}

/** What a caller is told when it is nobody's bug. */
const RETRIED = new Set(['UNAVAILABLE', 'OVERLOADED', 'OUTCOME_UNKNOWN', 'SnapshotExpired'])

/** The code of a problem, or the name of another error. */
export function codeOf(error: unknown): string {
  if (error instanceof ProblemError) return error.problems[0]?.code ?? ''
  return error instanceof Error ? error.name : String(error)
}

/** Counts. */
const liked = update('Film', SHARED, { likes: increment('1') })

/** Touches the shared row, makes one of its own, and now and then changes or removes an older one. */
function mutation(caller: number, n: number) {
  const name = (of: number) => `${caller}x${of}`
  const acts: Act[] = [
    update('Film', SHARED, { likes: increment('1'), moods: add(`of ${caller}`) }),
    film(name(n), n % 3 === 0 ? { tags: add('tag_t') } : {}),
  ]
  if (n % 4 === 3) acts.push(update('Film', `film_${name(n - 1)}`, { year: set(n) }))
  if (n % 4 === 1)
    acts.push(
      create('Review', `review_${name(n)}`, { film: set(`film_${name(n)}`), text: set(''), stars: set(1) }),
    )
  const removed = n % 8 === 6 ? `film_${name(n - 6)}` : null
  if (removed) acts.push(remove('Film', removed))
  return { acts, made: `film_${name(n)}`, removed }
}

/** Whether a row is one that nobody touches once it is made. */
export function isLeftAlone(id: string): boolean {
  return Number(/x(\d+)$/.exec(id)?.[1] ?? 0) % 2 === 1
}

/** What was heard of a row. */
interface Told {
  readonly kind: string
  readonly id: string
  readonly row?: Row
}

type Follower = ReturnType<typeof createFollower>

function createFollower(index: number) {
  const rows = new Map<string, Row>()
  const told = new Map<string, number>()
  const likes: number[] = []
  let seq = 0
  return {
    index,
    view: { rows, told, likes },
    get seq() {
      return seq
    },
    hear: (events: readonly Told[], to: number): void => {
      if (to <= seq) throw new Error(`The feed went back from ${seq} to ${to}`)
      seq = to
      for (const { kind, id, row } of events) {
        told.set(id, (told.get(id) ?? 0) + 1)
        if (kind === 'upsert' && row) rows.set(id, row)
        else rows.delete(id)
        if (id === SHARED && row) likes.push(Number(row.likes))
      }
    },
  }
}
