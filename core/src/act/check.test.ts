import { describe, expect, test } from 'vitest'
import { keyId } from '../change/id.ts'
import { catalog } from '../ir/catalog.ts'
import { filmModel } from '../ir/film.fixture.ts'
import type { Act, FieldAct, FieldActs } from './act.ts'
import { checkActs, keyValues } from './check.ts'

const films = catalog(filmModel)
const set = (value: string | number | null) => ({ kind: 'set' as const, value })
const create = (entity: string, id: string, fields: FieldActs): Act => ({
  kind: 'create',
  entity,
  id,
  fields,
})
const problems = (...acts: Act[]) =>
  checkActs(films, acts).map(({ code, path }) => `${code} ${path.join('.')}`)

describe('ids are made by their author, of the right kind', () => {
  test.each([
    ['of another entity', 'person_a'],
    ['of no entity', 'film'],
    ['with a part too many', 'film_a_b'],
    ['in capitals', 'Film_a'],
    ['of nothing', 'film_'],
    ['too long', `film_${'a'.repeat(65)}`],
    ['with a NUL', 'film_\0'],
  ])('one %s is refused', (_, id) => {
    expect(problems(create('Film', id, { title: set('x') }))).toEqual(['BAD_ID 0.id'])
    expect(problems({ kind: 'delete', entity: 'Film', id })).toEqual(['BAD_ID 0.id'])
    const poster = create('Poster', 'poster_1', { film: set(id), url: set('u') })
    expect(problems(poster)).toEqual(['BAD_ID 0.film'])
    const tagged = create('Tag', 'tag_1', { name: set('t'), films: { kind: 'alter', add: [id], remove: [] } })
    expect(problems(tagged)).toEqual(['BAD_ID 0.films'])
  })

  test('the other end of a one-to-one is one id, or null', () => {
    const film = (poster: FieldAct) =>
      ({ kind: 'update', entity: 'Film', id: 'film_a', fields: { poster } }) as const
    expect(problems(film(set('poster_1')), film(set(null)))).toEqual([])
    expect(problems(film(set('film_a')), film(set(1)))).toEqual(['BAD_ID 0.poster', 'BAD_VALUE 1.poster'])
    expect(problems(film({ kind: 'alter', add: ['poster_1'], remove: [] }))).toEqual(['BAD_VALUE 0.poster'])
  })

  test('one made from a natural key is that key, as the key is kept', () => {
    const studio = (id: string, name: string) => create('Studio', id, { name: set(name) })
    expect(problems(studio('studio_Acme', 'Acme'), studio(keyId('studio', ['Pathé']), 'Pathé'))).toEqual([])
    expect(problems(studio('studio_Other', 'Acme'))).toEqual(['BAD_ID 0.id'])
    const timed = { ...filmModel.entities[2]!, fields: [{ ...filmModel.entities[2]!.fields[0]! }] }
    const field = { ...timed.fields[0]!, type: { kind: 'scalar', scalar: 'datetime' } as const }
    const model = catalog({
      ...filmModel,
      entities: [{ ...timed, inverses: [], fields: [field] }],
      relations: [],
    })
    const given = { name: set('2026-11-21T12:00:00+02:00') }
    expect(keyValues(model.entity('Studio'), given)).toEqual(['2026-11-21T10:00:00.000Z'])
  })
})

test('every problem at once, each at its path, in text that every store can hold', () => {
  const found = checkActs(films, [
    create('Film', 'film_a', { year: set(1.5), 'nul \0': set(1) }),
    { kind: 'delete', entity: 'half \ud800', id: 'x' },
  ])
  expect(found.map(({ code, path }) => [code, path])).toEqual([
    ['BAD_VALUE', ['0', 'year']],
    ['UNKNOWN_FIELD', ['0', 'nul \\u0000']],
    ['REQUIRED', ['0', 'title']],
    ['UNKNOWN_ENTITY', ['1']],
  ])
  expect(JSON.stringify(found)).not.toMatch(/(?<!\\)\\u/)
})

test('what every object has is not given by that', () => {
  const [base] = filmModel.entities
  const odd = { ...base!, fields: [{ ...base!.fields[0]!, name: 'constructor' }], inverses: [] }
  const model = catalog({ ...filmModel, entities: [odd], relations: [] })
  expect(checkActs(model, [create('Film', 'film_a', {})]).map(({ code }) => code)).toEqual(['REQUIRED'])
})
