import type { Act } from '@zg/core/act/act'
import { checkActs } from '@zg/core/act/check'
import type { Checks } from '@zg/core/act/checks'
import { type Judgement, judge } from '@zg/core/act/judge'
import { laneOf } from '@zg/core/act/lane'
import { createOverlay as createFacts } from '@zg/core/act/overlay'
import type { Base, Change } from '@zg/core/change/change'
import { parseEdgeKey } from '@zg/core/change/id'
import { type Instance, NOTHING } from '@zg/core/change/instance'
import { merge, visible } from '@zg/core/change/merge'
import type { Catalog } from '@zg/core/ir/catalog'
import type { Position } from '@zg/core/ports/position'
import type { Scope } from '@zg/core/ports/scope'
import type { Outcome, Verdict } from '@zg/core/ports/writer'
import { type Problem, problem } from '@zg/core/problem'
import type { DeviceClock } from './deviceClock.ts'
import type { Entry, Outbox } from './outbox.ts'
import { createOverlay } from './overlay.ts'
import { reached } from './reached.ts'
import { restamped } from './restamp.ts'
import type { Slots } from './slot.ts'
import type { Surface } from './surface.ts'
import { type Editing, prepareEdits } from './textEdits.ts'

/** What somebody had on his screen: up to where here, and in the gateway's log. */
export interface Seen {
  readonly seq: number
  readonly cursor: Position | null
}

export interface MutationsOptions {
  readonly catalog: Catalog
  readonly checks: Checks
  /** Hash of the IR. */
  readonly schema: string
  readonly scope: Scope
  readonly clock: DeviceClock
  readonly outbox: Outbox
  readonly slots: Slots
  readonly surface: Surface
  readonly editing: Editing
  /** The position of what is confirmed. */
  position(): Position | null
}

/** A mutation that was refused, kept until somebody has looked at it. */
export interface Refused {
  readonly id: number
  readonly acts: readonly Act[]
  /** `DEPENDENCY` first if it rests on another refused one. */
  readonly problems: readonly Problem[]
}

/** What was made here, from its making to the moment a gateway's state shows it. The slots are left to be refreshed. */
export interface Mutations {
  /**
   * Judges a mutation on what is seen; `seen`: its removals and deletes reach what was there then. `replaces`: a refused one.
   * No entry: it is refused, or changes nothing.
   */
  make(
    acts: readonly Act[],
    more: {
      readonly mutationId: string | null
      readonly replaces: number | null
      readonly seen: Seen | null
    },
  ): { readonly verdict: Verdict; readonly entry: Entry | null }
  settle(n: number, outcome: Outcome): Entry | undefined
  /** What a gateway's state shows now is no longer laid over it. */
  arrive(): void
  readonly drawer: readonly Refused[]
  /** Made here, and not yet part of what a gateway has sent. */
  readonly pending: number
  discard(id: number): void
  restamp(): void
  rebase(): void
  renew(client: string): void
}

export function createMutations(options: MutationsOptions): Mutations {
  const { catalog, checks, schema, scope, clock, outbox, slots, surface, editing, position } = options
  const overlay = createOverlay(slots)
  const isRefused = ({ outcome }: Entry): boolean => outcome?.verdict.status === 'rejected'
  const isDone = ({ outcome }: Entry): boolean => outcome !== null && reached(position(), outcome.position)

  const arrive = (): void => {
    const done = [...outbox.entries()].filter(entry => !isRefused(entry) && isDone(entry))
    for (const entry of done) overlay.lift(entry)
    outbox.remove(done.map(({ id }) => id))
  }
  for (const entry of outbox.entries()) {
    if (!isRefused(entry) && entry.because === null) overlay.lay(entry)
  }
  arrive()

  const judgeHere = (acts: readonly Act[], base: Base | null, seen: Seen | null): Judgement => {
    const facts = createFacts(catalog)
    const judging = judge(catalog, acts, facts.draft(), {
      tenant: scope.tenant,
      schema,
      by: scope.principal.id,
      client: outbox.client,
      n: outbox.last + 1,
      // Places are those of here while it is judged; they do not leave this replica.
      ...(seen ? { base: { log: '', seq: seen.seq }, reach: 'base' } : { base }),
      stamp: above => clock.stamp(above),
    })
    for (;;) {
      const step = judging.next()
      if (step.done) return step.value
      facts.fill(step.value, surface.facts(step.value))
    }
  }
  const baseOf = (at: Position | null): Base | null => {
    const seq = at?.seqs[scope.tenant]
    return at && seq !== undefined ? { log: at.log, seq } : null
  }

  /** Waiting mutations that make no sense without what has just been taken back: they touch or name rows that are gone. */
  const dependents = (entry: Entry): readonly Entry[] => {
    const gone = new Set(goneOf(entry, slots))
    const found: Entry[] = []
    for (const later of outbox.entries()) {
      if (later.id <= entry.id || later.outcome !== null || later.because !== null) continue
      if (!later.changes.some(change => names(change, gone))) continue
      overlay.lift(later)
      found.push(later)
      for (const id of goneOf(later, slots)) gone.add(id)
    }
    return found
  }

  const waiting = (): readonly Entry[] => [...outbox.entries()].filter(({ outcome }) => outcome === null)
  const relay = (): void => {
    for (const entry of waiting()) if (entry.because === null) overlay.lay(entry)
  }

  return {
    make: (acts, { mutationId, replaces, seen }) => {
      const unfit = checkActs(catalog, acts, checks)
      if (unfit.length) return refused(unfit)
      const edits = prepareEdits(editing, acts)
      if (edits.problems.length) return refused(edits.problems)
      const base = baseOf(seen ? seen.cursor : position())
      const judgement = judgeHere(edits.acts, base, seen)
      if (judgement.kind === 'refused') return refused(judgement.problems)
      const changes = judgement.written.map(({ change }) => ({ ...change, base }))
      const lane = laneOf(catalog, edits.acts)
      if (changes.length === 0 && lane === 'merge') {
        // There is nothing to send, so nothing of it is left to be done.
        if (replaces !== null) outbox.remove([replaces])
        return { verdict: APPLIED, entry: null }
      }
      const entry = outbox.add(
        {
          acts,
          mutationId,
          base,
          changes,
          work: lane === 'merge' ? 'changes' : 'acts',
          sent: lane === 'merge' ? [] : edits.acts.map(unadmitted),
        },
        replaces,
      )
      overlay.lay(entry)
      return { verdict: APPLIED, entry }
    },
    settle: (n, outcome) => {
      const entry = outbox.waiting(n)
      if (!entry) return undefined
      if (outcome.verdict.status !== 'rejected') {
        outbox.settle(entry.id, outcome, [])
        arrive()
        return outbox.get(entry.id) ?? entry
      }
      overlay.lift(entry)
      const hidden = dependents(entry).map(({ id }) => id)
      outbox.settle(entry.id, outcome, hidden)
      return outbox.get(entry.id)
    },
    arrive,
    get drawer() {
      return [...outbox.entries()].filter(isRefused).map(({ id, acts, outcome, because }) => ({
        id,
        acts,
        problems: [...(because === null ? [] : [dependency()]), ...(outcome?.verdict.problems ?? [])],
      }))
    },
    get pending() {
      return [...outbox.entries()].filter(entry => !isRefused(entry)).length
    },
    discard: id => {
      const entry = outbox.get(id)
      if (entry && isRefused(entry)) outbox.remove([id])
    },
    restamp: () => {
      clock.restart()
      const again = restamped(
        { confirmed: address => below(outbox, slots, address), stamp: above => clock.stamp(above) },
        waiting().flatMap(({ changes }) => changes),
      )
      const renamed = (change: Change): Change => again.get(change.id) ?? change
      outbox.rewrite(entry =>
        entry.outcome === null ? { ...entry, changes: entry.changes.map(renamed) } : entry,
      )
      relay()
    },
    rebase: () => {
      outbox.rewrite(entry =>
        entry.outcome === null
          ? { ...entry, base: null, changes: entry.changes.map(change => ({ ...change, base: null })) }
          : entry,
      )
      relay()
    },
    renew: client => {
      outbox.rewrite(entry => {
        if (entry.outcome !== null) return entry
        const changes = entry.changes.map(change => {
          const mutation = { ...change.mutation, client, n: entry.n }
          return { ...change, mutation }
        })
        return { ...entry, changes }
      }, client)
      relay()
    },
  }
}

const APPLIED: Verdict = { status: 'applied', problems: [] }

function refused(problems: readonly Problem[]): { readonly verdict: Verdict; readonly entry: null } {
  return { verdict: { status: 'rejected', problems }, entry: null }
}

function dependency(): Problem {
  return problem('DEPENDENCY', [], 'It rests on a mutation that was refused; settle that one first')
}

/** Rows that the entry made and that are not there without it. */
function goneOf(entry: Entry, slots: Slots): readonly string[] {
  return entry.changes.flatMap(change =>
    change.ops.some(({ kind }) => kind === 'create') && !visible(slots.shown(change)) ? [change.key] : [],
  )
}

/** Whether a change touches one of these rows, or makes another one refer to it. */
function names({ key, ops }: Change, ids: ReadonlySet<string>): boolean {
  const ends = parseEdgeKey(key)
  if (ids.has(key) || (ends && (ids.has(ends.from) || ids.has(ends.to)))) return true
  return ops.some(op => op.kind === 'register' && typeof op.value === 'string' && ids.has(op.value))
}

/** The state without what waits for a verdict: it is stamped anew above that. */
function below(outbox: Outbox, slots: Slots, address: { entity: number; key: string }): Instance {
  const settled = [...outbox.entries()].filter(({ outcome }) => outcome?.verdict.status === 'applied')
  const changes = settled.flatMap(entry =>
    entry.changes.filter(({ entity, key }) => entity === address.entity && key === address.key),
  )
  return merge(changes, slots.get(address)?.confirmed ?? NOTHING)
}

/** Where an update was opened is nobody's word but the gateway's own. */
function unadmitted(act: Act): Act {
  if (act.kind === 'delete') return act
  const fields = Object.entries(act.fields).map(([name, field]) => {
    if (field.kind !== 'text') return [name, field] as const
    return [name, { kind: 'text', update: field.update } as const] as const
  })
  return { ...act, fields: Object.fromEntries(fields) }
}
