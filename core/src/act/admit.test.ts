import { expect, test } from 'vitest'
import { CHANGE_VERSION, type Change, type Op } from '../change/change.ts'
import { hlcOf } from '../change/clock.ts'
import { NOTHING } from '../change/instance.ts'
import { catalog } from '../ir/catalog.ts'
import { filmModel } from '../ir/film.fixture.ts'
import { admit } from './admit.ts'
import { NO_NEEDS } from './needs.ts'
import { createOverlay } from './overlay.ts'

const films = catalog(filmModel)
const stamp = (ms: number) => hlcOf({ ms, counter: 0, replica: 1n })
const change = (ms: number, ...ops: readonly Op[]): Change => ({
  v: CHANGE_VERSION,
  id: stamp(ms),
  tenant: 'main',
  schema: 's',
  entity: 1,
  key: 'film_a',
  ops,
  base: null,
  by: 'ann',
  mutation: { client: 'c', n: 1, index: 0 },
})
const born: Op = { field: 0, kind: 'create' }

/** What is said of changes where ops have waited for their create, as old logs hold them. */
function judged(...changes: readonly Change[]) {
  const overlay = createOverlay(films)
  const instances = [
    { entity: 1, key: 'film_a' },
    { entity: 2, key: 'person_gone' },
  ]
  const director = { kind: 'register', at: stamp(5), value: 'person_gone' } as const
  overlay.fill(
    { ...NO_NEEDS, instances, stamps: changes.map(({ id }) => id) },
    {
      instances: [
        { born: null, dead: null, cells: { 11: director } },
        { ...NOTHING, dead: stamp(6) },
      ],
      inbound: [],
      claims: [],
      stamps: changes.map(() => null),
    },
  )
  const step = admit(films, changes, overlay.draft()).next()
  if (!step.done) throw new Error('It asks for more')
  return step.value.kind === 'refused' ? step.value.problems.map(({ code }) => code) : []
}

test('what has waited for its create may not bring a reference to a row that has gone since', () => {
  expect(judged(change(4, born))).toEqual(['REF_GONE'])
  expect(judged(change(7, born, { field: 11, kind: 'register', value: null }))).toEqual([])
})

test('and the row is not there until its create comes', () => {
  expect(judged(change(7, { field: 2, kind: 'register', value: 1 }))).toEqual(['NOT_FOUND'])
})
