import type { Checks } from '@zg/core/act/checks'
import { UnpreparedText } from '@zg/core/act/unprepared'
import type { Clock } from '@zg/core/change/clock'
import type { Catalog } from '@zg/core/ir/catalog'
import { checkScope } from '@zg/core/ports/fit'
import { ANONYMOUS, type Scope } from '@zg/core/ports/scope'
import {
  type Fold,
  type LogChunk,
  StatementRefused,
  type Storage,
  type TextAddress,
} from '@zg/core/ports/storage'
import type { Authority, Mutation, Outcome, Push, PushAnswer } from '@zg/core/ports/writer'
import { ProblemError, problem } from '@zg/core/problem'
import { NOTHING_WRITTEN, Overloaded } from '../outage.ts'
import { type Asked, editsTexts, type Prepared } from '../text/prepare.ts'
import { preparePush, pushesTexts } from '../text/preparePush.ts'
import { type Answer, runTenant, type TenantResult } from './batch.ts'
import type { Bench } from './bench.ts'
import type { Host } from './host.ts'
import { type Attempt, type BatchSizes, createLanes, LeftOut, type Way } from './lanes.ts'
import { createLine } from './line.ts'
import { prepareTenant } from './prepared.ts'
import { checkPush } from './push.ts'
import { createQueue, type Pending, scopeOf, type Task } from './queue.ts'
import { readTask } from './read.ts'
import { createReplies } from './replies.ts'
import { createRetention } from './retention.ts'
import { createRoom, ROOM, type RoomLimits } from './room.ts'
import { sizeOf } from './size.ts'

/** An upsert may turn out to be about another row so often before it is given up. */
const PREPARE_LIMIT = 5
/** `Bench.stretch`, and while somebody with little work waits beside. */
const STRETCH = 32
const SHORT = 8
/** More mutations are not little work: they are sent in parts, under the lock. */
const BRIEF = 256
const SIZES: BatchSizes = { small: 8, worth: 64, most: 512, row: 1_000 }
/** A batch that met somebody else's locks is tried so often, after a pause (ms) that grows each time. */
const TRIES = 5
const PAUSE = 10

export interface WriterOptions {
  readonly storage: Storage
  readonly catalog: Catalog
  /** The model's validation functions. */
  readonly checks?: Checks
  /** Hash of the IR. */
  readonly schema: string
  readonly clock: Clock
  readonly host: Host
  /** How many may be under way, and wait, before others are refused with `OVERLOADED`. */
  readonly room?: RoomLimits
  readonly sizes?: BatchSizes
  /** Called after each commit that has added to the log, with the tenant's new head and what was added. Must not throw. */
  readonly onCommit?: (tenant: string, seq: number, chunk: LogChunk) => void
  /** Called after a commit that has let texts grow. Must not throw. */
  readonly onTexts?: (tenant: string, texts: readonly TextAddress[]) => void
  /** Opens the texts that a mutation edits; absent: no text can be edited. */
  readonly prepare?: (asked: Asked, rows: ReadonlyMap<number, string>) => Promise<Prepared>
}

/** The writer and its end: `close` takes no more and resolves when all that was queued is answered. */
export interface WriterLoop extends Authority {
  /** Saves folded texts with the next batch. */
  fold(tenant: string, folds: readonly Fold[]): Promise<void>
  close(): Promise<void>
}

/**
 * Group commit: what arrives while a commit is in flight is the next batch; there is no timer window. Callers are
 * answered after COMMIT, in order per tenant.
 */
export function createWriter(options: WriterOptions): WriterLoop {
  const { storage, catalog, schema, clock, host } = options
  const bench: Bench = {
    catalog,
    schema,
    clock,
    log: storage.log,
    retention: createRetention(),
    breathe: host.breathe,
    stretch: () => (lanes.hurried ? SHORT : STRETCH),
  }
  const { checks = {} } = options
  const queue = createQueue()
  const replies = createReplies(host)
  const room = createRoom(host, options.room ?? ROOM)
  let closed = false

  /** A lane met a bug: nobody may wait for ever for it, and whoever comes next finds a new one. */
  const abandon = (error: unknown): void => {
    for (const pending of queue.clear()) pending.reject(error)
  }

  /** Commits what it can get the locks for and answers those callers. */
  const tryBatch = async (chosen: readonly Pending[], way: Way): Promise<Tried> => {
    const byTenant = groupByTenant(chosen)
    let mine: readonly string[] = []
    let results: readonly (readonly [string, TenantResult])[]
    try {
      const prepared = new Map([...byTenant].map(([tenant, waiting]) => [tenant, prepareTenant(waiting)]))
      const needs = new Map([...prepared].map(([tenant, one]) => [tenant, one.needs]))
      const brief = chosen.length <= BRIEF && chosen.every(({ request }) => request.brief)
      results = await storage.batch([...byTenant.keys()], { ...way, needs, brief }, async batch => {
        mine = [...byTenant.keys()].filter(tenant => batch.heads.has(tenant))
        const done: (readonly [string, TenantResult])[] = []
        for (const [tenant, one] of prepared) {
          if (batch.heads.has(tenant)) done.push([tenant, await runTenant(bench, batch, tenant, one)])
        }
        return done
      })
    } catch (error) {
      if (error instanceof LeftOut) return { status: 'answered', answered: [] }
      // Who was left out has nothing to do with it; unless it failed before anybody was locked.
      const held = mine.length ? mine : [...byTenant.keys()]
      return { status: 'failed', held: held.flatMap(tenant => byTenant.get(tenant) ?? []), error }
    }
    for (const [tenant, { answers, seq, chunk, texts }] of results) {
      const callers = byTenant.get(tenant) ?? []
      replies.give(
        tenant,
        callers.map((pending, i) => () => answer(pending, answers[i])),
      )
      // What was only refused or looked up has moved no head: there is nothing to tell.
      if (chunk) options.onCommit?.(tenant, seq, chunk)
      if (texts.length) options.onTexts?.(tenant, texts)
    }
    return { status: 'answered', answered: results.flatMap(([tenant]) => byTenant.get(tenant) ?? []) }
  }

  const attempt: Attempt = async (chosen, way) => {
    for (let tries = 1; ; tries++) {
      // Once it has failed there is nothing before it any more.
      const done = await tryBatch(chosen, tries === 1 ? way : { wait: way.wait })
      if (done.status === 'answered') return done.answered
      const { held, error } = done
      if (!(error instanceof StatementRefused)) return reject(held, error)
      if (error.blame === 'server') return reject(held, outOf(error))
      if (error.blame === 'mutation') return halve(held, error)
      if (tries === TRIES) return reject(held, outOf(error))
      await host.sleep(PAUSE * tries)
    }
  }

  const reject = (chosen: readonly Pending[], error: unknown): readonly Pending[] => {
    for (const pending of chosen) pending.reject(error)
    return chosen
  }

  /** A refused statement is some mutation's fault: halve the batch until that one stands alone. */
  const halve = async (chosen: readonly Pending[], error: unknown): Promise<readonly Pending[]> => {
    if (chosen.length <= 1) return reject(chosen, error)
    const middle = chosen.length >> 1
    const first = await attempt(chosen.slice(0, middle), { wait: true })
    // Whoever got no answer stays queued, and with him those behind him.
    if (first.length < middle) return first
    return [...first, ...(await attempt(chosen.slice(middle), { wait: true }))]
  }

  const lanes = createLanes({
    queue,
    host,
    count: storage.lanes,
    sizes: options.sizes ?? SIZES,
    replies,
    attempt,
    abandon,
  })

  /** It is read here, while the batches before it are with the database. */
  const enqueue = (pending: Omit<Pending, 'request'>): void => {
    const { task } = pending
    queue.push({ ...pending, request: readTask(catalog, task, checks) })
    lanes.wake(scopeOf(pending).tenant)
  }

  const submit = (task: Task): Promise<PushAnswer> =>
    new Promise((resolve, reject) => enqueue({ task, resolve, reject }))

  const submitMutation = (mutation: Mutation, texts?: Prepared): Promise<Outcome> =>
    new Promise((resolve, reject) => {
      const answered = (answer: PushAnswer) =>
        answer.kind === 'verdict' ? resolve(answer.outcome) : reject(new ProblemError([answer.problem]))
      enqueue({
        task: { kind: 'mutation', mutation, ...(texts ? { texts } : {}) },
        resolve: answered,
        reject,
      })
    })

  /**
   * Texts are opened before their mutation takes its place in the queue, so that nobody waits for them but its caller.
   * Which row an upsert is about shows under the lock, and then it is done again for that row.
   */
  const prepared = async <T>(attempt: (rows: ReadonlyMap<number, string>) => Promise<T>): Promise<T> => {
    const rows = new Map<number, string>()
    for (let tries = 1; ; tries++) {
      try {
        return await attempt(rows)
      } catch (error) {
        if (!(error instanceof UnpreparedText) || tries === PREPARE_LIMIT) throw error
        rows.set(error.act, error.id)
      }
    }
  }

  /** Takes a place before anything is done for the caller, and keeps it until he is answered. */
  const placed = <T>(scope: Scope, brought: unknown, work: () => Promise<T>): Promise<T> =>
    new Promise((resolve, reject) =>
      room.enter({
        tenant: scope.tenant,
        bytes: sizeOf(brought),
        admit: leave => {
          underWay++
          const ending =
            <R>(settle: (result: R) => void) =>
            (result: R): void => {
              leave()
              if (--underWay === 0) rested()
              settle(result)
            }
          work().then(ending(resolve), ending(reject))
        },
        refuse: reject,
      }),
    )
  let underWay = 0
  let rested = (): void => {}

  const line = createLine()
  const submitPush = (push: Push): Promise<PushAnswer> => {
    const { prepare } = options
    const client = JSON.stringify([push.scope.tenant, push.scope.principal.id, push.client])
    const edits = prepare !== undefined && pushesTexts(push)
    if (!edits && !line.holds(client)) return submit({ kind: 'push', push })
    const work = edits
      ? () =>
          prepared(async rows =>
            submit({ kind: 'push', push, texts: await preparePush(catalog, prepare, push, rows) }),
          )
      : () => submit({ kind: 'push', push })
    return line.enter(client, work)
  }

  /** Throws for who may not write at all, and when nobody may. */
  const admit = (scope: Scope): void => {
    const [unfit] = checkScope(scope)
    if (unfit) throw new ProblemError([unfit])
    if (closed)
      throw new ProblemError([problem('CLOSED', [], 'The gateway is shutting down; try again elsewhere')])
  }

  return {
    commit: async mutation => {
      admit(mutation.scope)
      const { prepare } = options
      return placed(mutation.scope, mutation.acts, () =>
        prepare && editsTexts(mutation)
          ? prepared(async rows => submitMutation(mutation, await prepare(mutation, rows)))
          : submitMutation(mutation),
      )
    },
    push: async push => {
      admit(push.scope)
      const bad = checkPush(push)
      if (bad) return { kind: 'refused', problem: bad, time: host.now() }
      return placed(push.scope, push.work, () => submitPush(push))
    },
    fold: async (tenant, folds) => {
      if (closed) return
      await submit({ kind: 'folds', scope: { tenant, principal: ANONYMOUS }, folds })
    },
    close: async () => {
      closed = true
      await room.empty()
      if (underWay > 0) await new Promise<void>(resolve => (rested = resolve))
      await lanes.idle()
    },
  }
}

function answer(pending: Pending, given: Answer | undefined): void {
  if (given && given.kind !== 'failed') pending.resolve(given)
  else pending.reject(given?.error ?? new Error('The batch gave no answer'))
}

function groupByTenant(chosen: readonly Pending[]): ReadonlyMap<string, readonly Pending[]> {
  const groups = new Map<string, Pending[]>()
  for (const pending of chosen) {
    const { tenant } = scopeOf(pending)
    const group = groups.get(tenant)
    if (group) group.push(pending)
    else groups.set(tenant, [pending])
  }
  return groups
}

/** Nothing was written, and it is nobody's fault here. */
function outOf({ message, cause }: StatementRefused): Overloaded {
  return Object.assign(new Overloaded(`The database cannot take it now: ${message}.`, NOTHING_WRITTEN), {
    cause,
  })
}

type Tried =
  | { readonly status: 'answered'; readonly answered: readonly Pending[] }
  /** `held`: those whose batch it was. */
  | { readonly status: 'failed'; readonly held: readonly Pending[]; readonly error: unknown }
