import { describe, expect, test } from 'vitest'
import { createClock } from '../change/clock.ts'
import { type Instance, NOTHING } from '../change/instance.ts'
import { catalog } from '../ir/catalog.ts'
import { filmModel } from '../ir/film.fixture.ts'
import type { EntityIR, FieldIR, ModelIR, TypeIR } from '../ir/ir.ts'
import type { Act, FieldActs } from './act.ts'
import { bodyHash } from './body.ts'
import { checkActs } from './check.ts'
import { judge } from './judge.ts'
import { MUTATION_BYTES, MUTATION_LIMIT } from './limit.ts'
import type { Address, ClaimKey, Facts, Needs, Reference } from './needs.ts'
import { createOverlay } from './overlay.ts'

/** An empty tenant in which mutations are judged one after the other. */
function tenant(model: ModelIR = filmModel, facts: (needs: Needs) => Facts = nothing) {
  const names = catalog(model)
  const overlay = createOverlay(names)
  const clock = createClock({ now: () => 1_000, replica: 7n })
  return (...acts: Act[]): string => {
    const [unfit] = checkActs(names, acts)
    if (unfit) return unfit.code
    const draft = overlay.draft()
    const stamp = (above: Iterable<string>) => clock.stamp(above)
    const who = { tenant: 't', schema: 's', by: 'b', client: 'c', n: 0, base: null, stamp }
    const judging = judge(names, acts, draft, who)
    let step = judging.next()
    for (; !step.done; step = judging.next()) overlay.fill(step.value, facts(step.value))
    if (step.value.kind === 'refused') return step.value.problems.map(({ code }) => code).join(' ')
    draft.accept(step.value.written.map(({ change }) => change))
    return step.value.written.map(({ change }) => `${change.key}:${change.ops.map(op => op.kind)}`).join(' ')
  }
}

function nothing({ instances, inbound, claims, stamps }: Needs): Facts {
  return {
    instances: instances.map(() => NOTHING),
    inbound: inbound.map(() => []),
    claims: claims.map(() => null),
    stamps: stamps.map(() => null),
  }
}

const set = (value: string | number | null) => ({ kind: 'set' as const, value })
const add = (...ids: string[]) => ({ kind: 'alter' as const, add: ids, remove: [] })
const create = (entity: string, id: string, fields: FieldActs): Act => ({
  kind: 'create',
  entity,
  id,
  fields,
})
const update = (entity: string, id: string, fields: FieldActs): Act => ({
  kind: 'update',
  entity,
  id,
  fields,
})
const remove = (entity: string, id: string): Act => ({ kind: 'delete', entity, id })
const film = (id: string, fields: FieldActs = {}): Act =>
  create('Film', `film_${id}`, { title: set('x'), ...fields })
const poster = (id: string, of: string): Act =>
  create('Poster', `poster_${id}`, { film: set(`film_${of}`), url: set('u') })

describe('rows that refer to their own kind', () => {
  const ref = (onDelete: 'restrict' | 'cascade' | 'setNull'): TypeIR => ({
    kind: 'ref',
    to: 'Knot',
    onDelete,
    unique: false,
  })
  const field = (number: number, name: string, type: TypeIR, once = false): FieldIR => {
    return { number, name, type, crdt: 'register', optional: true, once, graphql: {} }
  }
  const knot: EntityIR = {
    name: 'Knot',
    number: 1,
    prefix: 'knot',
    key: [],
    indexes: [],
    graphql: {},
    fields: [
      field(1, 'up', ref('cascade')),
      field(2, 'by', ref('setNull')),
      field(3, 'held', ref('restrict')),
      field(4, 'origin', ref('setNull'), true),
    ],
    inverses: [
      { kind: 'many', name: 'below', from: 'Knot', via: 'up' },
      { kind: 'many', name: 'offspring', from: 'Knot', via: 'origin' },
    ],
  }
  const model: ModelIR = { format: 1, open: true, unenforced: [], relations: [], entities: [knot] }
  const tie = (id: string, fields: FieldActs = {}) => create('Knot', `knot_${id}`, fields)
  const pull = (id: string, fields: FieldActs) => update('Knot', `knot_${id}`, fields)
  const cut = (id: string) => remove('Knot', `knot_${id}`)

  test('a row may refer to itself in every way, and still be deleted', () => {
    const commit = tenant(model)
    const self = set('knot_a')
    commit(tie('a', { up: self, by: self, held: self }))
    expect(commit(cut('a'))).toBe('knot_a:delete')
  })

  test('a cascade around a circle ends, each row deleted once, and those outside are cleared', () => {
    const commit = tenant(model)
    commit(
      tie('a'),
      tie('b', { up: set('knot_a') }),
      tie('c', { up: set('knot_b') }),
      pull('a', { up: set('knot_c') }),
    )
    commit(tie('d', { by: set('knot_b') }), pull('c', { by: set('knot_a'), held: set('knot_b') }))
    expect(commit(cut('b'))).toBe('knot_d:register knot_a:delete knot_c:delete knot_b:delete')
    expect(commit(pull('d', { up: set('knot_a') }))).toBe('REF_GONE')
  })

  test('restrict counts only rows that stay', () => {
    const commit = tenant(model)
    commit(tie('a'), tie('b', { up: set('knot_a') }), tie('c', { held: set('knot_b') }))
    expect(commit(cut('a'))).toBe('RESTRICTED')
    expect(commit(pull('c', { held: set(null) }), cut('a'))).toBe(
      'knot_c:register knot_b:delete knot_a:delete',
    )
  })

  test('a to-one set only at creation is not set through its inverse either', () => {
    const commit = tenant(model)
    commit(tie('a'), tie('b', { origin: set('knot_a') }))
    expect(commit(pull('a', { offspring: add('knot_b') }))).toBe('ONCE')
    expect(commit(pull('a', { below: add('knot_b') }))).toBe('knot_b:register')
  })
})

describe('within one mutation', () => {
  test('a row made and deleted is gone for good; a deleted one does not come back', () => {
    const commit = tenant()
    expect(commit(film('a'), remove('Film', 'film_a'))).toBe(
      'film_a:create,register,register,register film_a:delete',
    )
    expect(commit(film('a'))).toBe('ID_GONE')
    commit(film('b'))
    expect(commit(remove('Film', 'film_b'), film('b'))).toBe('ID_GONE')
    expect(commit(update('Film', 'film_b', { year: set(1) }))).toBe('film_b:register')
  })

  test('the same id twice, and the same row twice', () => {
    const commit = tenant()
    expect(commit(film('a'), film('a'))).toBe('ID_TAKEN')
    const twice = update('Film', 'film_a', { likes: { kind: 'increment', by: '1' } })
    expect(commit(film('a'), twice, twice)).toBe(
      'film_a:create,register,register,register film_a:counter film_a:counter',
    )
  })

  test('a one-to-one is free again as soon as its holder is gone, and not before', () => {
    const commit = tenant()
    commit(film('a'), film('b'), poster('1', 'a'), poster('2', 'b'))
    const move = (id: string, to: string) => update('Poster', `poster_${id}`, { film: set(`film_${to}`) })
    expect(commit(move('1', 'b'))).toBe('UNIQUE_TAKEN')
    // The final state decides: two may swap, in either order, and take what a later act gives up.
    expect(commit(move('1', 'b'), move('2', 'a'))).toBe('poster_1:register poster_2:register')
    expect(commit(move('2', 'b'), move('1', 'a'))).toBe('poster_2:register poster_1:register')
    expect(commit(poster('3', 'b'), move('2', 'a'), remove('Poster', 'poster_1'))).toMatch(
      / poster_1:delete$/,
    )
    expect(commit(poster('4', 'a'))).toBe('UNIQUE_TAKEN')
  })

  test('a one-to-one is set from its other end with the same result', () => {
    const commit = tenant()
    const hang = (on: string, id: string | null) =>
      update('Film', `film_${on}`, { poster: set(id && `poster_${id}`) })
    commit(film('a'), film('b'), poster('1', 'a'), poster('2', 'b'))
    expect(commit(hang('b', '1'))).toBe('UNIQUE_TAKEN')
    expect(commit(hang('b', '1'), hang('a', '2'))).toBe('poster_1:register poster_2:register')
    expect(commit(hang('a', '9'))).toBe('REF_MISSING')
    expect(commit(film('c', { poster: set('poster_1') }))).toBe(
      'film_c:create,register,register,register poster_1:register',
    )
    expect(commit(hang('b', '2'), hang('b', '1'))).toBe('UNIQUE_TAKEN')
    expect(commit(hang('c', null))).toBe('REQUIRED')
    expect(commit(hang('b', null))).toBe('')
  })

  test('null clears the other end: whoever is there, loaded or come within the mutation', () => {
    const entities = filmModel.entities.map(entity =>
      entity.name === 'Poster'
        ? { ...entity, fields: entity.fields.map(field => ({ ...field, optional: true })) }
        : entity,
    )
    const commit = tenant({ ...filmModel, entities })
    const hang = (on: string, id: string | null) =>
      update('Film', `film_${on}`, { poster: set(id && `poster_${id}`) })
    commit(film('a'), film('b'), poster('1', 'a'))
    expect(commit(hang('a', null))).toBe('poster_1:register')
    expect(commit(hang('a', null))).toBe('')
    expect(commit(poster('2', 'a'), hang('a', null), hang('a', '1'))).toBe(
      'poster_2:create,register,register poster_2:register poster_1:register',
    )
    // It has moved on when its old place is cleared.
    expect(commit(hang('b', '1'), hang('a', null), hang('a', '2'))).toBe(
      'poster_1:register poster_2:register',
    )
  })

  test('references made and moved are known to a delete, loaded or not', () => {
    const commit = tenant()
    const review = (of: string) => ({ film: set(of), text: set('t'), stars: set(1) })
    commit(film('a'), film('b'), create('Review', 'review_1', review('film_a')))
    expect(commit(update('Review', 'review_1', { film: set('film_b') }), remove('Film', 'film_a'))).toBe(
      'review_1:register film_a:delete',
    )
    expect(commit(remove('Film', 'film_b'))).toBe('review_1:delete film_b:delete')
  })
})

describe('sizes', () => {
  const many = (length: number) => Array.from({ length }, (_, i) => film(`f${i}`))

  test('10,000 changes are one mutation, one more is too large, however it is said', () => {
    const commit = tenant()
    expect(commit(...many(MUTATION_LIMIT + 1))).toBe('TOO_LARGE')
    const untagged = film('a', {
      tags: { kind: 'alter', add: [], remove: Array.from({ length: 10_001 }, () => 'tag_x') },
    })
    expect(commit(untagged)).toBe('TOO_LARGE')
    const tags = Array.from({ length: 5_000 }, (_, i) => create('Tag', `tag_t${i}`, { name: set('t') }))
    const linked = film('a', { tags: add(...tags.map(({ id }) => id)) })
    expect(commit(...tags, linked)).toBe('TOO_LARGE')
    expect(commit(...tags.slice(1), film('a', { tags: add(...tags.slice(1).map(({ id }) => id)) }))).toMatch(
      /^tag_t1:/,
    )
  })

  test('8 MB of canonical changes are the limit, in bytes', () => {
    const commit = tenant()
    // A name is not indexed, so it may be long.
    const megabyte = (letter: string) => ({ name: set(letter.repeat(1_000_000)) })
    const people = (count: number, letter: string) =>
      Array.from({ length: count }, (_, i) =>
        create('Person', `person_${letter === 'x' ? 'x' : 'y'}${i}`, megabyte(letter)),
      )
    expect(MUTATION_BYTES).toBe(8_388_608)
    expect(commit(...people(9, 'x'))).toBe('TOO_LARGE')
    expect(commit(...people(8, 'x'))).toMatch(/^person_x0:/)
    expect(commit(...people(5, 'é'))).toBe('TOO_LARGE')
    expect(commit(...people(4, 'é'))).toMatch(/^person_y0:/)
  })

  test('a list of references that may be cut counts as too long, whatever was taken off it since', () => {
    const born: Instance = { born: '0'.repeat(26), dead: null, cells: {} }
    const at = (key: string): Instance => (key === 'film_a' || key.startsWith('review_') ? held : born)
    const held: Instance = {
      ...born,
      cells: { 1: { kind: 'register', at: '0'.repeat(26), value: 'film_a' } },
    }
    const cut: Reference[] = Array.from({ length: MUTATION_LIMIT + 1 }, (_, i) => {
      return { entity: 4, key: `review_${i}`, field: 1 }
    })
    const facts = ({ instances, inbound, claims, stamps }: Needs): Facts => ({
      instances: instances.map(({ key }: Address) => at(key)),
      inbound: inbound.map(({ key }: Address) => (key === 'film_a' ? cut : [])),
      claims: claims.map((_: ClaimKey) => null),
      stamps: stamps.map(() => null),
    })
    const commit = tenant(filmModel, facts)
    for (const id of [0, 1, 2]) commit(update('Review', `review_${id}`, { film: set('film_b') }))
    expect(commit(remove('Film', 'film_a'))).toBe('TOO_LARGE')
  })
})

test('a retry is the same mutation wherever it names the ids made for it', () => {
  const nested = (id: string, other: string, title = 'x'): readonly Act[] => [
    { kind: 'create', entity: 'Person', id, generated: true, fields: { name: set('p') } },
    { ...film(other, { director: set(id), title: set(title) }), generated: true } as Act,
    update('Person', id, { directed: add(`film_${other}`, 'film_z') }),
  ]
  expect(bodyHash(nested('person_1', 'a'))).toBe(bodyHash(nested('person_2', 'b')))
  expect(bodyHash(nested('person_1', 'a'))).not.toBe(bodyHash(nested('person_1', 'a', 'y')))
  expect(bodyHash(nested('person_1', 'a'))).not.toBe(bodyHash(nested('person_1', 'a').toReversed()))
})
