import type { Act, Outcome, Push, TenantState } from '@zg/core'
import type { Group, History, Moment } from './history.ts'
import { type Replay, replay } from './replay.ts'

/** A history made ready for judgement. */
export interface Evidence {
  readonly history: History
  readonly tenants: readonly Tenant[]
  readonly calls: readonly Asked[]
}

export interface Tenant {
  readonly name: string
  readonly state: TenantState
  readonly replay: Replay
  readonly calls: readonly Asked[]
}

/** One commit, however often it was sent. */
export interface Asked {
  readonly call: string
  readonly client: string
  readonly tenant: string
  readonly id: string | null
  readonly by: string
  readonly acts: readonly Act[]
  /** Made by a replica, and sent by it; what it made may have been stamped anew since. */
  readonly push: Push | null
  readonly told: readonly Outcome[]
  readonly unsure: readonly string[]
  /** What it has left in the log; several are a violation. */
  readonly groups: readonly Group[]
}

export function gather(history: History): Evidence {
  const known = new Map<
    string,
    Asked & { readonly told: Outcome[]; readonly unsure: string[]; readonly groups: Group[] }
  >()
  for (const moment of history.moments) {
    if (moment.kind === 'asked' && !known.has(moment.call)) {
      const { call, client, tenant, id, by, acts } = moment
      known.set(call, { call, client, tenant, id, by, acts, push: null, told: [], unsure: [], groups: [] })
    }
    if (moment.kind === 'pushed' && !known.has(callOf(moment))) known.set(callOf(moment), asked(moment))
    if (moment.kind === 'judged' && moment.answer.kind === 'verdict')
      known.get(callOf(moment))?.told.push(moment.answer.outcome)
    if (moment.kind === 'told') known.get(moment.call)?.told.push(moment.outcome)
    if (moment.kind === 'unsure') known.get(moment.call)?.unsure.push(moment.error)
  }
  const calls = [...known.values()]
  const tenants = [...history.tenants].map(([name, state]) => {
    const replayed = replay(history.catalog, state.entries)
    const own = calls.filter(({ tenant }) => tenant === name)
    for (const group of replayed.groups) for (const author of authorsOf(own, group)) author.groups.push(group)
    return { name, state, replay: replayed, calls: own }
  })
  return { history, tenants, calls }
}

type Pushed = Extract<Moment, { kind: 'pushed' | 'judged' }>

/** Its number is its outbox's; two replicas may have the same. */
function callOf({ client, call }: Pushed): string {
  return `${client} ${call}`
}

function asked(moment: Pushed) {
  const { client, tenant, push } = moment
  const acts = push.work.kind === 'acts' ? push.work.acts : []
  const call = callOf(moment)
  return { call, client, tenant, id: null, by: client, acts, push, told: [], unsure: [], groups: [] }
}

/** Of several calls under one id those that were not told so: there is one, or they ask for the same. */
function authorsOf<C extends Asked>(calls: readonly C[], group: Group): readonly C[] {
  const own = calls.filter(call => isOf(call, group))
  return own.some(call => !isReused(call)) ? own.filter(call => !isReused(call)) : own
}

export function isOf({ by, id, push }: Asked, group: Group): boolean {
  if (push) return group.by === by && group.client === push.client && group.n === push.n
  return group.by === by && (id === null || group.client === `id:${id}`)
}

export function isReused({ told }: Asked): boolean {
  return told.some(({ verdict }) => verdict.problems[0]?.code === 'ID_REUSED')
}

export function seqOf(
  { tenant }: { readonly tenant: string },
  { position }: Pick<Outcome, 'position'>,
): number {
  return position.seqs[tenant] ?? 0
}

/** Moments of one kind, in order. */
export function momentsOf<K extends Moment['kind']>(
  { moments }: History,
  kind: K,
): readonly Extract<Moment, { kind: K }>[] {
  return moments.filter((moment): moment is Extract<Moment, { kind: K }> => moment.kind === kind)
}

/** Equal as JSON: rows and verdicts have their members in one order, whoever made them. */
export function same(one: unknown, other: unknown): boolean {
  return one === other || text(one) === text(other)
}

/** Short enough for a line. */
export function text(value: unknown): string {
  return JSON.stringify(value, (_, item) =>
    item && typeof item === 'object' && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  )
}
