import { beforeEach, expect, test } from 'vitest'
import type { Op } from '../change/change.ts'
import { createClock } from '../change/clock.ts'
import { changeOf } from '../change/history.suite.ts'
import { edgeKey } from '../change/id.ts'
import { type Instance, NOTHING } from '../change/instance.ts'
import { apply, beforeOf } from '../change/merge.ts'
import type { Entry } from '../ports/storage.ts'
import { films } from '../query/films.suite.ts'
import { projections } from './projection.ts'
import type { RowSource } from './rows.ts'

const FILM = 1
const TAG = 5
const FILM_TAGS = 6

let entries: Entry[]
let instances: Map<string, { readonly instance: Instance }>
let source: (tenant: string) => { readonly seq: number; readonly rows: RowSource }
const clock = createClock({ now: () => 0, replica: 1n })

beforeEach(() => {
  entries = []
  instances = new Map()
  source = projections(films, () => ({ entries, instances }))
})

/** Logs one change of a row or edge; answers its id. */
function log(entity: number, key: string, ...ops: Op[]): string {
  const change = { ...changeOf(clock.stamp(), key, ops), entity }
  const address = `${entity}/${key}`
  const before = instances.get(address)?.instance ?? NOTHING
  entries.push({ seq: entries.length + 1, change, before: beforeOf(before, change), last: true })
  instances.set(address, { instance: apply(before, change) })
  return change.id
}

const born: Op = { field: 0, kind: 'create' }
const title = (value: string): Op => ({ field: 1, kind: 'register', value })
const linked: Op = { field: 0, kind: 'edge', add: true, remove: [] }
const read = () => source('main').rows
const tagged = (rows: RowSource) => [...rows.related('Film', 'tags', 'film_1')].map(({ id }) => id)

test('follows the log, and what was read before stays as it was', () => {
  log(FILM, 'film_1', born, title('One'))
  const first = read()
  expect(first.row('Film', 'film_1')).toMatchObject({ title: 'One' })
  log(FILM, 'film_1', title('Two'))
  log(FILM, 'film_2', born)
  expect(read().row('Film', 'film_1')).toMatchObject({ title: 'Two' })
  expect([...read().rows('Film')].map(({ id }) => id)).toEqual(['film_1', 'film_2'])
  expect(first.row('Film', 'film_1')).toMatchObject({ title: 'One' })
  expect(first.row('Film', 'film_2')).toBeNull()
})

test('says which seq it is at, and is the same until something is logged', () => {
  expect(source('main').seq).toBe(0)
  log(FILM, 'film_1', born)
  const { seq, rows } = source('main')
  expect(seq).toBe(1)
  expect(source('main').rows).toBe(rows)
})

test('what waits for its create does not show', () => {
  log(FILM, 'film_1', title('Early'))
  expect(read().row('Film', 'film_1')).toBeNull()
  log(FILM, 'film_1', born)
  expect(read().row('Film', 'film_1')).toMatchObject({ title: 'Early' })
})

test('deleted rows go, and take their edges with them', () => {
  log(FILM, 'film_1', born)
  log(TAG, 'tag_1', born)
  log(FILM_TAGS, edgeKey('film_1', 'tag_1'), linked)
  expect(tagged(read())).toEqual(['tag_1'])
  log(TAG, 'tag_1', { field: 0, kind: 'delete' })
  // Storage forgets the edges of dead rows.
  instances.delete(`${FILM_TAGS}/film_1|tag_1`)
  expect(read().row('Tag', 'tag_1')).toBeNull()
  expect(tagged(read())).toEqual([])
})

test('an edge shows while a tag of it lives and both ends are there', () => {
  const key = edgeKey('film_1', 'tag_1')
  const first = log(FILM_TAGS, key, linked)
  log(FILM, 'film_1', born)
  expect(tagged(read())).toEqual([])
  log(TAG, 'tag_1', born)
  expect(tagged(read())).toEqual(['tag_1'])
  log(FILM_TAGS, key, { field: 0, kind: 'edge', add: false, remove: [first] })
  expect(tagged(read())).toEqual([])
  log(FILM_TAGS, key, linked)
  expect(tagged(read())).toEqual(['tag_1'])
})

test('what the model does not know is passed over', () => {
  log(99, 'thing_1', born)
  log(98, edgeKey('thing_1', 'film_1'), linked)
  expect(source('main').seq).toBe(2)
})
