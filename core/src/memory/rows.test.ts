import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Op } from '../change/change.ts'
import { createClock } from '../change/clock.ts'
import { changeOf } from '../change/history.suite.ts'
import { parseId } from '../change/id.ts'
import { NOTHING } from '../change/instance.ts'
import { merge } from '../change/merge.ts'
import { type Fixture, films, lookupOf } from '../query/films.suite.ts'
import type { Row } from '../query/query.ts'
import { parseValue } from '../query/scalar.ts'
import { createRowStore, type RowSource, rowOf } from './rows.ts'

const Film = films.entity('Film')
const film = (id: string, director: string | null): Row => ({ id, title: id, director })

type Write =
  | { readonly kind: 'put'; readonly id: string; readonly director: string | null }
  | { readonly kind: 'drop'; readonly id: string }
  | { readonly kind: 'tag'; readonly id: string }
  | { readonly kind: 'link' | 'unlink'; readonly from: string; readonly to: string }
  | { readonly kind: 'snapshot' }

const FILMS = ['film_1', 'film_2', 'film_3']
const TAGS = ['tag_1', 'tag_2']
const id = fc.constantFrom(...FILMS)
const director = fc.constantFrom('person_1', 'person_2', null)
const to = fc.constantFrom(...TAGS)
const write: fc.Arbitrary<Write> = fc.oneof(
  fc.record({ kind: fc.constant('put' as const), id, director }),
  fc.record({ kind: fc.constant('drop' as const), id }),
  fc.record({ kind: fc.constant('tag' as const), id: to }),
  fc.record({ kind: fc.constantFrom('link' as const, 'unlink' as const), from: id, to }),
  fc.record({ kind: fc.constant('snapshot' as const) }),
)

/** Everything that can be read, in one form. */
function contents(source: Pick<RowSource, 'row' | 'related'>): unknown {
  const ids = (entity: string, relation: string, id: string) =>
    [...source.related(entity, relation, id)].map(row => row.id).sort()
  return {
    films: FILMS.map(id => source.row('Film', id)),
    directed: ['person_1', 'person_2'].map(id => ids('Person', 'directed', id)),
    tags: FILMS.map(id => ids('Film', 'tags', id)),
    tagged: TAGS.map(id => ids('Tag', 'films', id)),
  }
}

test('a snapshot keeps showing what it showed, whatever is written later', () => {
  fc.assert(
    fc.property(fc.array(write, { maxLength: 40 }), writes => {
      const store = createRowStore(films)
      const rows = new Map<string, Row>()
      const tags = new Map<string, Row>()
      const edges = new Map<string, readonly [string, string]>()
      const model = (): Fixture => ({
        rows: { Film: [...rows.values()], Tag: [...tags.values()] },
        edges: { 'Film.tags': [...edges.values()] },
      })
      const taken: (readonly [RowSource, unknown])[] = []
      for (const one of writes) {
        switch (one.kind) {
          case 'put':
            rows.set(one.id, film(one.id, one.director))
            store.putRow('Film', film(one.id, one.director))
            break
          case 'drop':
            rows.delete(one.id)
            store.dropRow('Film', one.id)
            break
          case 'tag':
            tags.set(one.id, { id: one.id, name: 'n' })
            store.putRow('Tag', { id: one.id, name: 'n' })
            break
          case 'link':
            edges.set(one.from + one.to, [one.from, one.to])
            store.putEdge('Film.tags', one.from, one.to)
            break
          case 'unlink':
            edges.delete(one.from + one.to)
            store.dropEdge('Film.tags', one.from, one.to)
            break
          case 'snapshot':
            taken.push([store.snapshot(), contents(lookupOf(model()))])
        }
      }
      taken.push([store.snapshot(), contents(lookupOf(model()))])
      for (const [source, expected] of taken) expect(contents(source)).toEqual(expected)
      expect([...(taken.at(-1)?.[0].rows('Film') ?? [])].map(row => row.id).sort()).toEqual(
        [...rows.keys()].sort(),
      )
    }),
    { numRuns: 500 },
  )
})

test('of several rows that claim to be the single one the first id stands', () => {
  const store = createRowStore(films)
  for (const id of ['poster_2', 'poster_10', 'poster_3'])
    store.putRow('Poster', { id, film: 'film_1', url: id })
  expect([...store.snapshot().related('Film', 'poster', 'film_1')].map(row => row.id)[0]).toBe('poster_10')
})

describe('rowOf', () => {
  const clock = createClock({ now: () => 0, replica: 1n })
  const instance = (...ops: Op[]) => merge(ops.map(op => changeOf(clock.stamp(), 'film_1', [op])))
  const blank = {
    id: 'film_1',
    title: null,
    year: null,
    score: null,
    seen: false,
    released: null,
    addedAt: null,
    gross: null,
    rating: null,
    likes: '0',
    moods: [],
    director: null,
    studio: null,
    budget: null,
    share: '0.5000',
    cover: null,
    facts: null,
    notes: {},
  }

  test('what nothing was said about is blank: the default, 0, the empty set, null', () => {
    expect(rowOf(Film, 'film_1', NOTHING)).toEqual(blank)
    expect(rowOf(Film, 'film_1', instance({ field: 0, kind: 'create' }))).toEqual(blank)
  })

  test('registers, counters, and sets in order, without what was removed', () => {
    const add = changeOf(clock.stamp(), 'film_1', [
      { field: 10, kind: 'set', add: ['b', 'a', 'c'], remove: [] },
    ])
    const remove: Op = { field: 10, kind: 'set', add: [], remove: [{ element: 'c', tags: [add.id] }] }
    const row = rowOf(
      Film,
      'film_1',
      merge(
        [
          changeOf(clock.stamp(), 'film_1', [
            { field: 1, kind: 'register', value: 'Odyssey' },
            { field: 9, kind: 'counter', by: '9223372036854775807' },
            { field: 11, kind: 'register', value: 'person_gone' },
          ]),
          changeOf(clock.stamp(), 'film_1', [{ field: 9, kind: 'counter', by: '1' }, remove]),
        ],
        merge([add]),
      ),
    )
    expect(row).toEqual({
      ...blank,
      title: 'Odyssey',
      likes: '9223372036854775808',
      moods: ['a', 'b'],
      director: 'person_gone',
    })
  })

  test('a cell of another kind than the field, and fields the model does not know, do not show', () => {
    const faulty = instance({ field: 2, kind: 'counter', by: '1' }, { field: 99, kind: 'register', value: 1 })
    expect(rowOf(Film, 'film_1', faulty)).toEqual(blank)
  })
})

test('what passes for an id in a query is what core/change calls one', () => {
  const text = fc.oneof(fc.string(), fc.stringMatching(/^[a-zA-Z0-9]{0,3}_?[a-zA-Z0-9_-]{0,3}$/))
  fc.assert(
    fc.property(text, value => {
      const parsed = parseValue({ kind: 'scalar', scalar: 'id' }, value)
      expect(parsed.ok).toBe(parseId(value) !== null)
    }),
    { numRuns: 2000 },
  )
})
