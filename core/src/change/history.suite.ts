import fc from 'fast-check'
import type { Json } from '../json.ts'
import { CHANGE_VERSION, type Change, type Op } from './change.ts'
import { type Clock, createClock } from './clock.ts'
import { edgeKey } from './id.ts'
import { type Instance, NOTHING } from './instance.ts'
import { apply } from './merge.ts'
import { areApart } from './pointer.ts'
import { tagsOf } from './value.ts'

/** What one author does next. Values are drawn from few, so that authors meet. */
export interface Step {
  readonly actor: number
  /** Device time passes, or steps back. */
  readonly tick: number
  readonly does: Doing
}

type Doing =
  | { readonly kind: 'create' | 'delete' | 'link' | 'unlink' }
  | { readonly kind: 'register'; readonly field: number; readonly value: Json }
  | { readonly kind: 'counter'; readonly field: number; readonly by: string }
  | {
      readonly kind: 'set'
      readonly field: number
      readonly add: readonly Json[]
      readonly remove: readonly Json[]
    }
  | {
      readonly kind: 'json'
      readonly field: number
      readonly set: readonly { readonly path: string; readonly value: Json }[]
      readonly remove: readonly string[]
    }
  /** Hears all that another author knows. */
  | { readonly kind: 'sync'; readonly from: number }

const ACTORS = 3
const ELEMENTS: readonly Json[] = ['a', 'b', '__proto__', 7]

const actor = fc.nat(ACTORS - 1)
const elements = fc.subarray([...ELEMENTS], { maxLength: 2 })

/** Field 5 is of no fixed kind: faulty peers write to it. */
const write: fc.Arbitrary<Doing> = fc.oneof(
  fc.record({ kind: fc.constant('register' as const), field: fc.constantFrom(1, 2, 5), value: fc.nat(9) }),
  fc.record({
    kind: fc.constant('counter' as const),
    field: fc.constantFrom(3, 5),
    by: fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n }).map(String),
  }),
  fc.record({
    kind: fc.constant('set' as const),
    field: fc.constantFrom(4, 5),
    add: elements,
    remove: elements,
  }),
)
/** Few places, inside one another, so that assignments meet. */
const PLACES = ['', '/a', '/a/x', '/a/x/1', '/a~1', '/b']

const assign: fc.Arbitrary<Doing> = fc
  .record({
    field: fc.constantFrom(5, 6, 6),
    places: fc.subarray(PLACES, { minLength: 1, maxLength: 3 }).filter(areApart),
    values: fc.array(
      fc.constantFrom<Json>(1, null, [1], {}, { x: 7 }, { x: { 1: 'y' }, z: 0 }, undefined as never),
    ),
  })
  .map(({ field, places, values }) => {
    const all = places.map((path, i) => ({ path, value: values[i] }))
    return {
      kind: 'json',
      field,
      set: all.flatMap(({ path, value }) => (value === undefined ? [] : [{ path, value }])),
      remove: all.flatMap(({ path, value }) => (value === undefined ? [path] : [])),
    }
  })
const sync = fc.record({ kind: fc.constant('sync' as const), from: actor })
const create = fc.record({ kind: fc.constant('create' as const) })
const remove = fc.record({ kind: fc.constant('delete' as const) })

function script(does: fc.Arbitrary<Doing>): fc.Arbitrary<readonly Step[]> {
  return fc.array(fc.record({ actor, tick: fc.integer({ min: -3, max: 3 }), does }), { maxLength: 24 })
}

/** Distinct changes of one row, some of it never created, some deleted, by authors with skewed clocks. */
export const rowHistory = script(
  fc.oneof(
    { weight: 6, arbitrary: write },
    { weight: 4, arbitrary: assign },
    { weight: 3, arbitrary: sync },
    { weight: 1, arbitrary: create },
    { weight: 1, arbitrary: fc.oneof({ weight: 4, arbitrary: sync }, { weight: 1, arbitrary: remove }) },
  ),
).map(steps => play(steps, 'film_1'))

/** Distinct changes of one edge. */
export const edgeHistory = script(
  fc.oneof(
    sync,
    fc.record({ kind: fc.constantFrom('link' as const, 'unlink' as const) }),
    fc.record({ kind: fc.constantFrom('link' as const, 'unlink' as const) }),
  ),
).map(steps => play(steps, edgeKey('film_1', 'tag_1')))

/** Of either kind. */
export const history = fc.oneof(rowHistory, edgeHistory)

interface Author {
  readonly clock: Clock
  readonly known: Set<Change>
  time: number
}

/** Lets the authors act: removes name the tags that their author saw, stamps are above what it saw. */
function play(steps: readonly Step[], key: string): readonly Change[] {
  const authors = Array.from({ length: ACTORS }, (_, i): Author => {
    const author: Author = {
      clock: createClock({ now: () => author.time, replica: BigInt(i + 1) }),
      known: new Set(),
      time: 1_000 + i * 2,
    }
    return author
  })
  const made: Change[] = []
  for (const step of steps) {
    const author = authors[step.actor] as Author
    author.time = Math.max(0, author.time + step.tick)
    if (step.does.kind === 'sync') {
      for (const change of authors[step.does.from]?.known ?? []) {
        author.known.add(change)
        author.clock.observe(change.id)
      }
      continue
    }
    const seen = [...author.known].reduce(apply, NOTHING)
    const change = changeOf(author.clock.stamp(), key, [opOf(step.does, seen)])
    author.known.add(change)
    made.push(change)
  }
  return made
}

function opOf(does: Exclude<Doing, { kind: 'sync' }>, seen: Instance): Op {
  switch (does.kind) {
    case 'create':
    case 'delete':
      return { field: 0, kind: does.kind }
    case 'link':
      return { field: 0, kind: 'edge', add: true, remove: [] }
    case 'unlink':
      return { field: 0, kind: 'edge', add: false, remove: tagsOf(seen.cells[0]) }
    case 'set': {
      const cell = seen.cells[does.field]
      return { ...does, remove: does.remove.map(element => ({ element, tags: tagsOf(cell, element) })) }
    }
    default:
      return does
  }
}

/** A change with the given ops; everything else is fixed. */
export function changeOf(id: string, key: string, ops: readonly Op[]): Change {
  return {
    v: CHANGE_VERSION,
    id,
    tenant: 'main',
    schema: 'a0',
    entity: 1,
    key,
    ops,
    base: null,
    by: 'anonymous',
    mutation: { client: 'c', n: 1, index: 0 },
  }
}

/** The same changes in another order, some of them more than once. A linear congruential generator: seeds replay. */
export function delivery(changes: readonly Change[], seed: number): readonly Change[] {
  let state = seed >>> 0
  const next = (below: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
  const sent = changes.flatMap(change => (next(3) === 0 ? [change, change] : [change]))
  for (let i = sent.length - 1; i > 0; i--) {
    const j = next(i + 1)
    const held = sent[i] as Change
    sent[i] = sent[j] as Change
    sent[j] = held
  }
  return sent
}
