import type { Act } from '@zg/core/act/act'
import { CHANGE_VERSION, type Change, type Op } from '@zg/core/change/change'
import { createClock, type Hlc } from '@zg/core/change/clock'
import { edgeKey } from '@zg/core/change/id'
import type { Json } from '@zg/core/json'
import { films, set, update } from '@zg/core/ports/ports.suite'
import { ANONYMOUS, type Scope } from '@zg/core/ports/scope'
import type { Authority, Mutation, Outcome, Push, PushAnswer, Work } from '@zg/core/ports/writer'
import fc from 'fast-check'
import { expect } from 'vitest'

/** What a replica's user does offline. Replicas and tenants are numbered. */
export interface Deed {
  readonly tenant: number
  readonly replica: number
  readonly work: { readonly changes: readonly Wish[] } | { readonly acts: readonly Act[] }
  /** How often it is pushed when its turn comes, and whether every other time as stamped anew. */
  readonly times: number
  readonly restamped: boolean
  /** Whether the replica then comes online and pushes all it holds. */
  readonly online: boolean
}

/** A change before it is stamped: its tags are those of adds that some replica has written by then. */
export interface Wish {
  readonly entity: number
  readonly key: string
  readonly ops: readonly WishedOp[]
}

/** `seen`: which of the adds of the element, or edge, are removed, as bits. */
type Plain = Exclude<Op, { kind: 'set' | 'edge' }>
type WishedOp = Plain | Altered

type Altered =
  | { readonly field: 0; readonly kind: 'edge'; readonly add: boolean; readonly seen: number }
  | {
      readonly field: number
      readonly kind: 'set'
      readonly add: readonly string[]
      readonly drop: string
      readonly seen: number
    }

const YEAR = 365 * 24 * 60 * 60 * 1_000
/** How far the replicas' clocks are off, ms. */
const SKEWS: readonly number[] = [-YEAR, 50_000, YEAR]

const film = fc.constantFrom('film_a', 'film_b', 'film_c', 'film_d')
const person = fc.constantFrom('person_p', 'person_q', 'person_z')
const tag = fc.constantFrom('tag_x', 'tag_y', 'tag_z')
const review = fc.constantFrom('review_1', 'review_2', 'review_3')
const put = (field: number, value: Json): Plain => ({ field, kind: 'register', value })
const CREATE: Plain = { field: 0, kind: 'create' }

const filmOp: fc.Arbitrary<WishedOp> = fc.oneof(
  fc.constantFrom('one', 'two').map(title => put(1, title)),
  fc.constantFrom(1, 2, null).map(year => put(2, year)),
  fc.constantFrom('1', '-2').map((by): Plain => ({ field: 9, kind: 'counter', by })),
  fc
    .record({ add: fc.subarray(['dark', 'slow']), drop: fc.constantFrom('dark', 'odd'), seen: fc.nat(7) })
    .map((made): Altered => ({ field: 10, kind: 'set', ...made })),
  fc.option(person, { freq: 4 }).map(director => put(11, director)),
)

const byField = (ops: readonly WishedOp[]): readonly WishedOp[] =>
  [...new Map(ops.map(op => [op.field, op])).values()].sort((a, b) => a.field - b.field)

const wish: fc.Arbitrary<Wish> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .tuple(film, fc.array(filmOp, { minLength: 1, maxLength: 3 }))
      .map(([key, ops]) => ({ entity: 1, key, ops: byField(ops) })),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(film, fc.array(filmOp, { maxLength: 2 }))
      .map(([key, ops]) => ({ entity: 1, key, ops: byField([CREATE, put(1, 'made'), ...ops]) })),
  },
  {
    weight: 3,
    arbitrary: fc
      .record({ film, tag, add: fc.boolean(), seen: fc.nat(7) })
      .map(({ film: from, tag: to, add, seen }) => ({
        entity: 6,
        key: edgeKey(from, to),
        ops: [{ field: 0, kind: 'edge', add, seen } satisfies Altered],
      })),
  },
  { weight: 1, arbitrary: person.map(key => ({ entity: 2, key, ops: [CREATE, put(1, 'P')] })) },
  { weight: 1, arbitrary: tag.map(key => ({ entity: 5, key, ops: [CREATE, put(1, 'T')] })) },
  {
    weight: 2,
    arbitrary: fc.tuple(review, film).map(([key, of]) => ({
      entity: 4,
      key,
      ops: [CREATE, put(1, of), put(2, 'fine'), put(3, 1)],
    })),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(review, film).map(([key, of]) => ({ entity: 4, key, ops: [put(1, of)] })),
  },
  {
    weight: 1,
    arbitrary: fc.oneof(tag, review).map(key => ({
      entity: key.startsWith('tag') ? 5 : 4,
      key,
      ops: [{ field: 0, kind: 'delete' } satisfies Plain],
    })),
  },
)

const guarded: fc.Arbitrary<Act> = fc.oneof(
  film.map((id): Act => ({ kind: 'delete', entity: 'Film', id })),
  fc
    .tuple(fc.constantFrom('poster_1', 'poster_2'), film)
    .map(([id, of]) => update('Poster', id, { film: set(of) })),
  fc
    .tuple(fc.constantFrom('poster_1', 'poster_2'), film)
    .map(
      ([id, of]): Act => ({ kind: 'create', entity: 'Poster', id, fields: { film: set(of), url: set('u') } }),
    ),
)

const deed: fc.Arbitrary<Deed> = fc.record({
  tenant: fc.nat(1),
  replica: fc.nat(SKEWS.length - 1),
  work: fc.oneof(
    { weight: 5, arbitrary: fc.record({ changes: fc.array(wish, { minLength: 1, maxLength: 3 }) }) },
    { weight: 1, arbitrary: fc.record({ acts: fc.array(guarded, { minLength: 1, maxLength: 2 }) }) },
  ),
  times: fc.integer({ min: 1, max: 5 }),
  restamped: fc.boolean(),
  online: fc.boolean(),
})

/** For each batch of a history what happens at the replicas before it. */
export const deeds: fc.Arbitrary<readonly (readonly Deed[])[]> = fc.array(fc.array(deed, { maxLength: 5 }), {
  minLength: 4,
  maxLength: 8,
})

/** One mutation of an outbox: as stamped last, and all it was answered. */
export interface Posted {
  readonly deed: Deed
  readonly scope: Scope
  readonly n: number
  /** Of each change its ops, with the tags as stamped last. */
  readonly ops: readonly (() => readonly Op[])[]
  /** As stamped each time; one of them may be in the log. */
  readonly stamped: Push[]
  readonly verdicts: Outcome[]
}

interface Replica {
  readonly outbox: Posted[]
  write(deed: Deed): void
  /** All that has no verdict yet, in order, each as often as wanted; and one that was answered long ago. */
  push(writer: () => Authority, draw: number): Promise<void>
}

/** Adds by what they add to, whoever wrote them; as stamped last. */
type Adds = Map<string, { readonly id: () => Hlc | undefined }[]>

let stamps = 0

function replicaOf(scope: Scope, number: number, now: () => number, adds: Adds): Replica {
  let skew = SKEWS[number] ?? 0
  const newClock = () => createClock({ now: () => now() + skew, replica: BigInt(1_000 + ++stamps) })
  let clock = newClock()
  const outbox: Posted[] = []

  const stamp = ({ deed, n, ops }: Pick<Posted, 'deed' | 'n' | 'ops'>): Push => {
    const client = `r${number}`
    const push = (work: Work): Push => ({ scope, client, n, base: null, work })
    if ('acts' in deed.work) return push({ kind: 'acts', acts: deed.work.acts })
    const changes = deed.work.changes.map(({ entity, key }, index): Change => {
      const made = ops[index]?.() ?? []
      const mutation = { client, n, index }
      const who = { tenant: scope.tenant, schema: 'schema', by: scope.principal.id, base: null, mutation }
      return { v: CHANGE_VERSION, id: clock.stamp(), entity, key, ops: made, ...who }
    })
    return push({ kind: 'changes', changes })
  }

  const restamp = (posted: Posted): void => {
    clock = newClock()
    posted.stamped.push(stamp(posted))
  }

  const send = async (posted: Posted, writer: () => Authority): Promise<PushAnswer> => {
    const last = posted.stamped.at(-1)
    if (!last) throw new Error('Nothing was stamped')
    const answer = await writer().push(last)
    if (answer.kind === 'verdict') posted.verdicts.push(answer.outcome)
    return answer
  }

  return {
    outbox,
    write: deed => {
      const wishes = 'acts' in deed.work ? [] : deed.work.changes
      // What was seen stays what was seen, however often it is stamped anew.
      const ops = wishes.map(({ key, ops: wished }) => {
        const makers = wished.map(op => maker(op, `${scope.tenant}/${key}`, adds))
        return () => makers.map(make => make())
      })
      const posted: Posted = { deed, scope, n: outbox.length + 1, ops, stamped: [], verdicts: [] }
      posted.stamped.push(stamp(posted))
      outbox.push(posted)
      wishes.forEach(({ key, ops }, index) => {
        for (const target of ops.flatMap(op => addedBy(op, `${scope.tenant}/${key}`))) {
          const id = () => {
            const work = posted.stamped.at(-1)?.work
            return work?.kind === 'changes' ? work.changes[index]?.id : undefined
          }
          adds.set(target, [...(adds.get(target) ?? []), { id }])
        }
      })
    },
    push: async (writer, draw) => {
      const pending = outbox.filter(({ verdicts }) => verdicts.length === 0)
      const old = outbox.filter(({ verdicts }) => verdicts.length > 0)
      const again = old[draw % Math.max(1, old.length)]
      const calls = pending.flatMap(posted =>
        Array.from({ length: posted.deed.times }, (_, i) => {
          // What is pushed is as stamped at that moment: one of the stampings gets in, and no other.
          if (posted.deed.restamped && i % 2 === 1) restamp(posted)
          return send(posted, writer)
        }),
      )
      if (again) {
        if (again.deed.restamped) restamp(again)
        calls.push(send(again, writer))
      }
      const answers = await Promise.all(calls)
      const codes = answers.flatMap(answer => (answer.kind === 'refused' ? [answer.problem.code] : []))
      expect(codes.filter(code => code !== 'CLOCK_AHEAD' && code !== 'MUTATION_GAP')).toEqual([])
      if (!codes.includes('CLOCK_AHEAD')) return
      expect(skew).toBe(YEAR)
      skew = 0
      for (const posted of pending) if (posted.verdicts.length === 0) restamp(posted)
    },
  }
}

function addedBy(op: WishedOp, place: string): readonly string[] {
  if (op.kind === 'edge') return op.add ? [place] : []
  return op.kind === 'set' ? op.add.map(element => `${place}/${element}`) : []
}

function maker(op: WishedOp, place: string, adds: Adds): () => Op {
  const seen = (target: string, bits: number) => {
    const found = (adds.get(target) ?? []).filter((_, i) => bits & (1 << i))
    return () => found.flatMap(({ id }) => id() ?? [])
  }
  if (op.kind === 'edge') {
    const tags = seen(place, op.seen)
    return () => ({ field: 0, kind: 'edge', add: op.add, remove: tags() })
  }
  if (op.kind !== 'set') return () => op
  const tags = seen(`${place}/${op.drop}`, op.seen)
  return () => {
    const remove = [{ element: op.drop, tags: tags() }].filter(one => one.tags.length > 0)
    return { field: op.field, kind: 'set', add: op.add, remove }
  }
}

/**
 * Batch after batch: replicas write, those that come online push, and the gateway's own callers commit, all at once. At
 * the end everybody comes online until nothing is left. `writer` may be another one each time it is asked for.
 */
export async function playPushes(
  writer: () => Authority,
  now: () => number,
  plan: readonly (readonly Deed[])[],
  batches: readonly (readonly Mutation[])[],
  tenants: readonly string[],
  between: () => Promise<void>,
): Promise<readonly Posted[]> {
  const adds: Adds = new Map()
  const replicas = new Map<string, Replica>()
  const replicaFor = ({ tenant, replica }: Deed): Replica => {
    const key = `${tenant}/${replica}`
    const scope = { tenant: tenants[tenant] ?? '', principal: { ...ANONYMOUS, id: `user${replica % 2}` } }
    const known = replicas.get(key) ?? replicaOf(scope, replica, now, adds)
    replicas.set(key, known)
    return known
  }
  for (let i = 0; i < Math.max(plan.length, batches.length); i++) {
    const online = new Set<Replica>()
    for (const deed of plan[i] ?? []) {
      replicaFor(deed).write(deed)
      if (deed.online) online.add(replicaFor(deed))
    }
    const commits = (batches[i] ?? []).map(mutation => writer().commit(mutation))
    await Promise.all([...[...online].map(replica => replica.push(writer, i)), ...commits])
    await between()
  }
  const left = () =>
    [...replicas.values()].filter(({ outbox }) => outbox.some(({ verdicts }) => !verdicts.length))
  for (let round = 0; left().length; round++) {
    expect(round).toBeLessThan(4)
    await Promise.all(left().map(replica => replica.push(writer, round)))
  }
  return [...replicas.values()].flatMap(({ outbox }) => outbox)
}

/** The names of films' and others' fields by number. */
export function fieldName(entity: number, field: number): string {
  return films.entityByNumber(entity)?.fieldsByNumber.get(field)?.name ?? ''
}
