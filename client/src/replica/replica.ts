import type { Act } from '@zg/core/act/act'
import type { Checks } from '@zg/core/act/checks'
import { decodeBytes } from '@zg/core/base64url'
import { replicaId } from '@zg/core/change/clock'
import { EMPTY_TEXT } from '@zg/core/change/kinds/text'
import type { Catalog } from '@zg/core/ir/catalog'
import { modelHash } from '@zg/core/ir/hash'
import type { Json } from '@zg/core/json'
import { memoryReader } from '@zg/core/memory/reader'
import type { Feed, Shape } from '@zg/core/ports/feed'
import { checkMutationId, checkScope } from '@zg/core/ports/fit'
import type { Position } from '@zg/core/ports/position'
import type { Reader } from '@zg/core/ports/reader'
import type { Scope } from '@zg/core/ports/scope'
import type { Mutation, Outcome, Writer } from '@zg/core/ports/writer'
import { type Problem, ProblemError } from '@zg/core/problem'
import { type Row, stateOf } from '@zg/core/query/query'
import type { Channel, Receiver } from '@zg/core/sync/channel'
import { createAnswers, type Written } from './answers.ts'
import { createDeviceClock } from './deviceClock.ts'
import type { Disk } from './disk.ts'
import { createFollowing } from './following.ts'
import { createLink, type Link, type Refusal } from './link.ts'
import { createLocalLog } from './localFeed.ts'
import { createMutations, type Refused, type Seen } from './mutations.ts'
import { type Entry, freshClient, openOutbox } from './outbox.ts'
import { openPages } from './pages.ts'
import { createSlots, NO_TEXTS } from './slot.ts'
import { createSurface, sourceOf } from './surface.ts'
import type { Editing, TextTools } from './textEdits.ts'

export interface ReplicaOptions {
  readonly catalog: Catalog
  /** The model's validation functions; without them a gateway's verdict is waited for. */
  readonly checks?: Checks
  /** Whose replica it is: one principal's, of one tenant. */
  readonly scope: Scope
  readonly disk: Disk
  /** The device's clock, ms since 1970; may be wrong, and step. */
  readonly now: () => number
  /** Cryptographic. */
  readonly random: (bytes: number) => Uint8Array
  /** Absent: texts read as empty, and are edited by updates only. */
  readonly text?: TextTools
  /** Characters of batches that a gateway may send ahead. */
  readonly window?: number
  /** The disk has failed, or the gateway has refused us. Must not throw. */
  readonly report?: (error: unknown) => void
}

export interface Status {
  /** Up to where in the gateway's log the confirmed state goes; null: nothing has come yet. */
  readonly cursor: Position | null
  /** Everything that the shapes hold is here, as of the cursor. */
  readonly complete: boolean
  /** Mutations made here that the confirmed state does not show yet. */
  readonly pending: number
  readonly link: Link['state']
  /** Why the last connection was ended by one of the two, and when to try again (ms; null: not without a change). */
  readonly refusal: Refusal | null
  /** Shapes that the gateway cannot follow, and why. */
  readonly unfit: readonly { readonly shape: Shape; readonly problem: Problem }[]
}

/** A replica: reads and writes at once, online or not, and follows a gateway when there is one. */
export interface Replica {
  readonly reader: Reader
  /** `commit` resolves when the mutation is durable here, with what it does here. */
  readonly writer: Writer
  /** Of what is seen here, pending work included; positions are of this replica only. */
  readonly feed: Pick<Feed, 'follow' | 'touches'>
  write(mutation: Omit<Mutation, 'scope'>): Written
  subscribe(shape: Shape): void
  unsubscribe(shape: Shape): void
  status(): Status
  /** What was refused and nobody has dealt with. */
  drawer(): readonly Refused[]
  /** Tries a refused mutation again, as it was or edited. If it is refused here already, it stays in the drawer. */
  resubmit(id: number, acts?: readonly Act[]): Written
  discard(id: number): void
  /** Speaks to a gateway through this channel from now on. */
  connect(channel: Channel): Receiver
  /** To be called now and then (a second apart, say). */
  tick(): void
  /** Called after each change of rows or status. Answers how to stop it. */
  watch(listener: () => void): () => void
  close(): void
}

const APPLIED = { status: 'applied', problems: [] } as const

/** Opens what is on the disk, or begins there. Nobody else may have it open. Throws a ProblemError (`OUTBOX_DAMAGED`, `OUTBOX_FORMAT`, `BAD_VALUE` for a scope). */
export async function openReplica(options: ReplicaOptions): Promise<Replica> {
  const { catalog, disk, random, scope } = options
  const unfit = checkScope(scope)
  if (unfit.length) throw new ProblemError(unfit)
  const outbox = await openOutbox(disk, random)
  const { kept, pages } = await openPages(disk, catalog)
  // What is found may not be durable yet, and will be sent.
  await disk.sync()
  return createReplica(options, outbox, createFollowing(catalog, pages, kept), kept.confirmed.values())
}

function createReplica(
  options: ReplicaOptions,
  outbox: Awaited<ReturnType<typeof openOutbox>>,
  following: ReturnType<typeof createFollowing>,
  held: Iterable<Parameters<ReturnType<typeof createSlots>['get']>[0]>,
): Replica {
  const { catalog, checks = {}, scope, disk, now, random, text = null, report = () => {} } = options
  const { tenant } = scope
  const schema = modelHash(catalog.model)
  const slots = createSlots()
  const surface = createSurface(catalog, slots, text?.readText ?? null)
  const clock = createDeviceClock({ now, random, last: outbox.clock })
  const local = createLocalLog(catalog, `replica-${replicaId(random).toString(36)}`, tenant, surface.rows)
  const listeners = new Set<() => void>()
  const answers = createAnswers()
  let refusal: Refusal | null = null
  let unfit: Status['unfit'] = []
  let failed: { readonly error: unknown } | null = null

  const place = (address: Parameters<typeof slots.get>[0]): void => {
    const known = following.held(address)
    slots.put(address, known?.instance ?? null, known?.texts ?? NO_TEXTS)
    if (known) clock.observe(known.instance)
  }
  for (const address of held) place(address)

  const editing: Editing = {
    tools: text,
    random,
    source: (act, name, edit) => {
      const entity = catalog.entity(act.entity)
      const address = { entity: entity.ir.number, key: act.id }
      const slot = slots.get(address)
      const base = edit.kind === 'replace' ? edit.base : null
      const then = base ? known(() => local.rowAt(base, entity.name, act.id)) : undefined
      if (then && !('id' in then)) return { ...(then as Problem), path: ['replace', 'base'] }
      const state = then && (then as Row)[stateOf(name)]
      if (typeof state === 'string') return { state: decodeBytes(state), updates: [] }
      return slot ? sourceOf(slot, entity.fields.get(name)?.number ?? 0) : EMPTY_TEXT
    },
  }
  /** What was there at a position of here, or why nobody remembers. */
  const known = <T>(ask: () => T): T | Problem => {
    try {
      return ask()
    } catch (error) {
      if (!(error instanceof ProblemError) || !error.problems[0]) throw error
      return error.problems[0]
    }
  }
  const seenAt = (base: Position): Seen | Problem =>
    known(() => ({ seq: base.seqs[tenant] ?? 0, cursor: local.cursorAt(base) }))
  const mutations = createMutations({
    catalog,
    checks,
    schema,
    scope,
    clock,
    outbox,
    slots,
    surface,
    editing,
    position: () => following.position,
  })
  surface.refresh(0)

  /** What is seen may have changed: brings everybody up to date. */
  const moved = (): void => {
    // The step that this makes, if it makes one, ends behind all before.
    local.note(surface.refresh(local.seq + 1), following.position)
    for (const listener of listeners) listener()
  }
  const sync = (): Promise<void> => {
    const done = disk.sync()
    return done.catch(error => {
      failed ??= { error }
      report(error)
      throw error
    })
  }
  const settle = (n: number, outcome: Outcome): void => {
    const entry = mutations.settle(n, outcome)
    if (entry) answers.settle(entry.id, outcome)
    moved()
  }
  const here = (): Position => ({ log: local.log, seqs: { [tenant]: local.seq } })
  for (const entry of outbox.entries()) {
    const { acts, mutationId } = entry
    const outcome: Outcome = { verdict: APPLIED, position: here(), ids: acts.map(({ id }) => id) }
    const written = answers.promise(entry, outcome, Promise.resolve())
    if (mutationId !== null) answers.remember(mutationId, acts, written)
  }

  const link = createLink(
    {
      schema,
      tenant,
      window: options.window ?? 1_000_000,
      now,
      client: () => outbox.client,
      following: () => {
        const { shapes, since } = following.request()
        return { shapes: shapes as unknown as readonly Json[], since }
      },
      mutation: n => sentForm(outbox.waiting(n)),
      apply: batch => {
        if (batch.kind === 'reset') {
          following.reset()
          link.tell({ kind: 'reshaped' })
        } else {
          for (const address of following.take(batch)) place(address)
          mutations.arrive()
        }
        moved()
      },
      settle,
      unknown: (n, found) => {
        const verdict = { status: 'rejected', problems: [found] } as const
        settle(n, { verdict, position: following.position ?? here(), ids: [] })
      },
      unfit: (index, found) => {
        const shape = following.shapes[index]?.shape
        if (!shape) return
        unfit = [...unfit, { shape, problem: found }]
        unsubscribe(shape)
      },
      offset: clock.learn,
      restamp: () => rewritten(mutations.restamp),
      rebase: () => rewritten(mutations.rebase),
      renew: async () => {
        await rewritten(() => mutations.renew(freshClient(random)))
        return outbox.last
      },
      refused: found => {
        refusal = found
      },
      turned: moved,
      report,
    },
    { answered: outbox.answered, last: outbox.last },
  )
  const rewritten = (rewrite: () => void): Promise<void> => {
    rewrite()
    moved()
    return sync()
  }
  const unsubscribe = (shape: Shape): void => {
    const touched = following.remove(shape)
    if (!touched) return
    for (const address of touched) place(address)
    moved()
    link.tell({ kind: 'reshaped' })
  }

  const refusedHere = (problems: readonly Problem[]): Written => {
    const outcome: Outcome = { verdict: { status: 'rejected', problems }, position: here(), ids: [] }
    return { id: null, outcome, durable: Promise.resolve(), settled: Promise.resolve(outcome) }
  }
  const make = (acts: readonly Act[], more: Parameters<typeof mutations.make>[1]): Written => {
    // What cannot be kept must not be promised.
    if (failed) throw new Error('The disk of this replica has failed; open it again', { cause: failed.error })
    const { verdict, entry } = mutations.make(acts, more)
    if (!entry) {
      // A refused one may have left the drawer for it.
      if (more.replaces !== null) moved()
      const outcome = { verdict, position: here(), ids: acts.map(({ id }) => id) }
      return { id: null, outcome, durable: Promise.resolve(), settled: Promise.resolve(outcome) }
    }
    moved()
    const outcome = { verdict, position: here(), ids: acts.map(({ id }) => id) }
    const durable = sync().then(() => {
      const kept = outbox.get(entry.id)
      // Its number may be another by now, under a new client id.
      if (kept?.client === outbox.client) link.tell({ kind: 'queued', last: kept.n })
    })
    // Who does not ask hears of it by `report`.
    durable.catch(() => {})
    return answers.promise(entry, outcome, durable)
  }
  const write: Replica['write'] = ({ acts, mutationId = null, base }) => {
    const unfit = mutationId === null ? [] : checkMutationId(mutationId)
    if (unfit.length) return refusedHere(unfit)
    const known = mutationId === null ? undefined : answers.known(mutationId, acts)
    if (known) return 'code' in known ? refusedHere([known]) : known
    const seen = base ? seenAt(base) : null
    if (seen && 'code' in seen) return refusedHere([{ ...seen, path: ['base'] }])
    const written = make(acts, { mutationId, replaces: null, seen })
    if (mutationId !== null) answers.remember(mutationId, acts, written)
    return written
  }

  return {
    reader: {
      open: asked => {
        own(asked)
        const source = () => ({ seq: local.seq, rows: surface.rows() })
        return memoryReader({ catalog, log: local.log, source }).open(asked)
      },
    },
    writer: {
      commit: async ({ scope: asked, ...mutation }) => {
        own(asked)
        const { outcome, durable } = write(mutation)
        await durable
        return outcome
      },
    },
    feed: local.feed,
    write,
    subscribe: shape => {
      unfit = unfit.filter(known => known.shape !== shape)
      if (following.add(shape)) link.tell({ kind: 'reshaped' })
    },
    unsubscribe,
    status: () => ({
      cursor: following.position,
      complete: following.complete,
      pending: mutations.pending,
      link: link.state,
      refusal,
      unfit,
    }),
    drawer: () => mutations.drawer,
    resubmit: (id, acts) => {
      const refusedOne = mutations.drawer.find(each => each.id === id)
      if (!refusedOne) throw new Error(`There is no refused mutation ${id} in the drawer`)
      return make(acts ?? refusedOne.acts, { mutationId: null, replaces: id, seen: null })
    },
    discard: id => {
      mutations.discard(id)
      moved()
    },
    connect: channel => {
      refusal = null
      return link.connect(channel)
    },
    tick: () => link.tick(),
    watch: listener => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    close: () => {
      link.close()
      local.close()
    },
  }

  function own(asked: Scope): void {
    if (asked.tenant === tenant && asked.principal.id === scope.principal.id) return
    throw new Error(
      `This replica is ${scope.principal.id}'s, of tenant ${tenant}; open another one for ${asked.principal.id}, of ${asked.tenant}`,
    )
  }
}

function sentForm(entry: Entry | undefined): { readonly base: Entry['base']; readonly work: Json } {
  if (!entry) throw new Error('The session asks for a mutation that the outbox does not hold')
  const { base, work, changes, sent } = entry
  const form = work === 'changes' ? { kind: work, changes } : { kind: work, acts: sent }
  return { base, work: form as unknown as Json }
}
