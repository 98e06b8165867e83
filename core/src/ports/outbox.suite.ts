import type { Act } from '../act/act.ts'
import { CHANGE_VERSION, type Change, type Op } from '../change/change.ts'
import { type Clock, createClock } from '../change/clock.ts'
import type { Json } from '../json.ts'
import { desk, films, freshScope, type PortsUnderTest } from './ports.suite.ts'
import type { Scope } from './scope.ts'
import type { Authority, Outcome, Push, PushAnswer, Work } from './writer.ts'

/** What a replica would push, written by hand: stamped by a clock of its own, numbered, under one client. */
export interface Outbox {
  readonly clock: Clock
  /** The next push; it is not sent. */
  changes(...drafts: readonly Draft[]): Push
  acts(...acts: readonly Act[]): Push
  /** The same push as stamped by another tab load of this replica. */
  restamped(push: Push): Push
}

export type Draft = Pick<Change, 'entity' | 'key' | 'ops'>

let clients = 0
let replicas = 1_000_000

export function outbox(scope: Scope, { skew = 0 }: { readonly skew?: number } = {}): Outbox {
  const client = `c${++clients}-${Date.now()}`
  let n = 0
  const newClock = () => createClock({ now: () => Date.now() + skew, replica: BigInt(++replicas) })
  const clock = newClock()
  const push = (work: Work): Push => ({ scope, client, n, base: null, work })
  const stamped = (drafts: readonly Draft[], by: Clock): Work => ({
    kind: 'changes',
    changes: drafts.map(
      ({ entity, key, ops }, index): Change => ({
        v: CHANGE_VERSION,
        id: by.stamp(),
        tenant: scope.tenant,
        schema: 'schema',
        entity,
        key,
        ops,
        base: null,
        by: scope.principal.id,
        mutation: { client, n, index },
      }),
    ),
  })
  return {
    clock,
    changes: (...drafts) => {
      n++
      return push(stamped(drafts, clock))
    },
    acts: (...acts) => {
      n++
      return push({ kind: 'acts', acts })
    },
    restamped: old => {
      const { work } = old
      if (work.kind === 'acts') return old
      const again = newClock()
      const changes = work.changes.map(change => ({ ...change, id: again.stamp() }))
      return { ...old, work: { kind: 'changes', changes } }
    },
  }
}

/** Ops by the names of `filmModel`. */
export const born: Op = { field: 0, kind: 'create' }
export const dead: Op = { field: 0, kind: 'delete' }
export const linked = (...tags: string[]): Op => ({ field: 0, kind: 'edge', add: true, remove: tags })
export const unlinked = (...tags: string[]): Op => ({ field: 0, kind: 'edge', add: false, remove: tags })

const FIELDS = films.entity('Film').fields
const numberOf = (name: string) => FIELDS.get(name)?.number ?? 0
export const put = (field: string, value: Json): Op => ({ field: numberOf(field), kind: 'register', value })
export const count = (field: string, by: string): Op => ({ field: numberOf(field), kind: 'counter', by })
export const include = (field: string, ...add: string[]): Op => ({
  field: numberOf(field),
  kind: 'set',
  add,
  remove: [],
})

const sorted = (ops: readonly Op[]) => ops.toSorted((a, b) => a.field - b.field)

/** A change of a film; `film_<id>`. */
export const onFilm = (id: string, ...ops: readonly Op[]): Draft => ({
  entity: 1,
  key: `film_${id}`,
  ops: sorted(ops),
})
export const newFilm = (id: string, ...ops: readonly Op[]): Draft =>
  onFilm(id, born, put('title', `Film ${id}`), ...ops)
export const newTag = (id: string): Draft => ({
  entity: 5,
  key: `tag_${id}`,
  ops: [born, { field: 1, kind: 'register', value: `Tag ${id}` }],
})
export const onTag = (id: string, ...ops: readonly Op[]): Draft => ({ entity: 5, key: `tag_${id}`, ops })
export const tagged = (film: string, tag: string, op: Op): Draft => ({
  entity: 6,
  key: `film_${film}|tag_${tag}`,
  ops: [op],
})
export const newPerson = (id: string): Draft => ({
  entity: 2,
  key: `person_${id}`,
  ops: [born, { field: 1, kind: 'register', value: `Person ${id}` }],
})

/** The id of the first change of a push: a tag, if it added something. */
export function stampOf({ work }: Push, index = 0): string {
  return (work.kind === 'changes' ? work.changes[index]?.id : undefined) ?? ''
}

/** A push with a change told otherwise. */
export function forged(push: Push, change: { readonly [member: string]: unknown }, index = 0): Push {
  if (push.work.kind !== 'changes') return push
  const changes = push.work.changes.map((one, i) => (i === index ? ({ ...one, ...change } as Change) : one))
  return { ...push, work: { kind: 'changes', changes } }
}

/** What pushes come to, in a word. */
export function pushing(writer: Authority): {
  push(push: Push): Promise<PushAnswer>
  /** The verdict, which there must be. */
  verdict(push: Push): Promise<Outcome>
  /** `applied`, or the code of the first problem. */
  told(push: Push): Promise<string>
} {
  const push = async (one: Push) => writer.push(one)
  const told = async (one: Push) => {
    const answer = await push(one)
    if (answer.kind === 'refused') return answer.problem.code
    const { status, problems } = answer.outcome.verdict
    return problems[0]?.code ?? status
  }
  return {
    push,
    told,
    verdict: async one => {
      const answer = await push(one)
      if (answer.kind === 'refused') throw new Error(JSON.stringify(answer.problem))
      return answer.outcome
    },
  }
}

export interface PushPortsUnderTest extends PortsUnderTest {
  readonly writer: Authority
}

/** A desk in a tenant of its own, with an outbox. */
export function pushDesk(ports: () => PushPortsUnderTest) {
  return () => {
    const scope = freshScope()
    return { ...desk(ports(), scope), ...pushing(ports().writer), box: outbox(scope) }
  }
}
