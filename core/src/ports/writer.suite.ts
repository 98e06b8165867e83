import { describe, expect, test } from 'vitest'
import type { Act } from '../act/act.ts'
import { keyId } from '../change/id.ts'
import {
  add,
  create,
  desk,
  drop,
  film,
  freshScope,
  increment,
  type PortsUnderTest,
  person,
  remove,
  review,
  set,
  studio,
  tag,
  update,
} from './ports.suite.ts'

/** What every Writer does, seen through the Reader over it. */
export function writerSuite(name: string, ports: () => PortsUnderTest): void {
  describe(`${name}: writer`, () => {
    test('a created row is read back with its values, its defaults and nulls', async () => {
      const { apply, row } = desk(ports())
      await apply(
        film('a', {
          year: set(1999),
          gross: set('9007199254740993'),
          released: set('1999-03-31'),
          rating: set('R'),
        }),
      )
      expect(await row('Film', 'film_a')).toEqual({
        id: 'film_a',
        title: 'Film a',
        year: 1999,
        score: null,
        seen: false,
        released: '1999-03-31',
        addedAt: null,
        gross: '9007199254740993',
        rating: 'R',
        likes: '0',
        moods: [],
        director: null,
        studio: null,
        budget: null,
        share: '0.5000',
        cover: null,
        facts: null,
        notes: {},
      })
    })

    test('positions grow by one per change and stand at the end of the mutation', async () => {
      const { apply, scope } = desk(ports())
      const first = await apply(film('a'), film('b'))
      const second = await apply(update('Film', 'film_a', { year: set(2000) }))
      expect(first.position.seqs[scope.tenant]).toBe(2)
      expect(second.position.seqs[scope.tenant]).toBe(3)
    })

    test('an update touches only what it names, and null clears an optional field', async () => {
      const { apply, row } = desk(ports())
      await apply(film('a', { year: set(1999), score: set(7.5) }))
      await apply(update('Film', 'film_a', { year: set(null) }))
      expect(await row('Film', 'film_a')).toMatchObject({ title: 'Film a', year: null, score: 7.5 })
    })

    test('counters add up, sets and edges take additions and removals', async () => {
      const { apply, row, related } = desk(ports())
      await apply(
        tag('x'),
        tag('y'),
        film('a', { likes: increment('3'), moods: add('dark', 'slow'), tags: add('tag_x') }),
      )
      await apply(
        update('Film', 'film_a', { likes: increment('-1'), moods: drop('slow'), tags: add('tag_y') }),
      )
      await apply(update('Tag', 'tag_x', { films: drop('film_a') }))
      expect(await row('Film', 'film_a')).toMatchObject({ likes: '2', moods: ['dark'] })
      expect(await related('Film', 'film_a', 'tags', 'Tag')).toEqual(['tag_y'])
      expect(await related('Tag', 'tag_y', 'films', 'Film')).toEqual(['film_a'])
    })

    test('concurrent increments from many callers all count', async () => {
      const { apply, row, commit } = desk(ports())
      await apply(film('a'))
      await Promise.all(
        Array.from({ length: 200 }, () => commit(update('Film', 'film_a', { likes: increment('1') }))),
      )
      expect(await row('Film', 'film_a')).toMatchObject({ likes: '200' })
    })

    test('a mutation applies whole or not at all', async () => {
      const { codes, rows } = desk(ports())
      expect(await codes(film('a'), film('b', { director: set('person_nobody') }))).toEqual(['REF_MISSING'])
      expect(await rows('Film')).toEqual([])
    })

    test('later acts of a mutation see the earlier ones', async () => {
      const { apply, row } = desk(ports())
      await apply(
        person('p'),
        film('a', { director: set('person_p') }),
        update('Film', 'film_a', { year: set(1) }),
      )
      expect(await row('Film', 'film_a')).toMatchObject({ director: 'person_p', year: 1 })
    })

    test('ids: taken, gone, foreign and unknown ones are refused by code', async () => {
      const { apply, codes } = desk(ports())
      await apply(film('a'))
      expect(await codes(film('a'))).toEqual(['ID_TAKEN'])
      await apply(remove('Film', 'film_a'))
      expect(await codes(film('a'))).toEqual(['ID_GONE'])
      expect(await codes(update('Film', 'film_a', { year: set(1) }))).toEqual(['NOT_FOUND'])
      expect(await codes(remove('Film', 'film_zz'))).toEqual(['NOT_FOUND'])
      expect(await codes(create('Film', 'person_a', { title: set('x') }))).toEqual(['BAD_ID'])
      expect(await codes(create('Studio', 'studio_other', { name: set('Pathé') }))).toEqual(['BAD_ID'])
      expect(await codes(review('r', 'film_a'))).toEqual(['REF_GONE'])
    })

    test('an id belongs to its tenant only', async () => {
      const here = desk(ports())
      const there = desk(ports())
      await here.apply(film('a'))
      expect(await there.row('Film', 'film_a')).toBeNull()
      expect(await there.codes(review('r', 'film_a'))).toEqual(['REF_MISSING'])
      await there.apply(film('a', { year: set(5) }))
      expect(await here.row('Film', 'film_a')).toMatchObject({ year: null })
    })

    test('required, once, unknown and mistyped fields are refused, all at once', async () => {
      const { codes, apply } = desk(ports())
      expect(
        await codes(create('Film', 'film_a', { year: set(1.5), rating: set('X'), nope: set(1) })),
      ).toEqual(['BAD_VALUE', 'BAD_VALUE', 'UNKNOWN_FIELD', 'REQUIRED'])
      await apply(studio('Pathé'))
      expect(await codes(update('Studio', keyId('studio', ['Pathé']), { name: set('Gaumont') }))).toEqual([
        'ONCE',
      ])
    })

    test('restrict refuses, cascade deletes along, setNull clears', async () => {
      const { apply, codes, row, rows } = desk(ports())
      const pathe = keyId('studio', ['Pathé'])
      await apply(studio('Pathé'), person('p'), film('a', { studio: set(pathe), director: set('person_p') }))
      await apply(review('r1', 'film_a'), review('r2', 'film_a'))
      expect(await codes(remove('Studio', pathe))).toEqual(['RESTRICTED'])
      await apply(remove('Person', 'person_p'))
      expect(await row('Film', 'film_a')).toMatchObject({ director: null, studio: pathe })
      await apply(remove('Film', 'film_a'))
      expect(await rows('Review')).toEqual([])
      await apply(remove('Studio', pathe))
      expect(await rows('Studio')).toEqual([])
    })

    test('deletes see references made earlier in the same batch', async () => {
      const { apply, commit, rows } = desk(ports())
      await apply(film('a'), studio('Pathé'))
      const pathe = keyId('studio', ['Pathé'])
      const outcomes = await Promise.all([
        commit(review('r1', 'film_a')),
        commit(remove('Film', 'film_a')),
        commit(film('b', { studio: set(pathe) })),
        commit(remove('Studio', pathe)),
        commit(update('Film', 'film_b', { studio: set(null) })),
        commit(remove('Studio', pathe)),
      ])
      expect(outcomes.map(({ verdict }) => verdict.problems[0]?.code ?? 'ok')).toEqual([
        'ok',
        'ok',
        'ok',
        'RESTRICTED',
        'ok',
        'ok',
      ])
      expect(await rows('Review')).toEqual([])
    })

    test('deleting a row hides its edges for good', async () => {
      const { apply, related } = desk(ports())
      await apply(tag('x'), film('a', { tags: add('tag_x') }), film('b', { tags: add('tag_x') }))
      await apply(remove('Film', 'film_a'))
      expect(await related('Tag', 'tag_x', 'films', 'Film')).toEqual(['film_b'])
    })

    test('a one-to-one stays single, and its claim moves with it', async () => {
      const { apply, codes, related } = desk(ports())
      const poster = (id: string, filmId: string) =>
        create('Poster', `poster_${id}`, { film: set(filmId), url: set('u') })
      await apply(film('a'), film('b'), poster('1', 'film_a'))
      expect(await codes(poster('2', 'film_a'))).toEqual(['UNIQUE_TAKEN'])
      expect(await codes(poster('3', 'film_b'), poster('4', 'film_b'))).toEqual(['UNIQUE_TAKEN'])
      await apply(update('Poster', 'poster_1', { film: set('film_b') }))
      await apply(poster('5', 'film_a'))
      expect(await related('Film', 'film_a', 'poster', 'Poster')).toEqual(['poster_5'])
      await apply(remove('Poster', 'poster_5'))
      await apply(poster('6', 'film_a'))
      expect(await related('Film', 'film_a', 'poster', 'Poster')).toEqual(['poster_6'])
      // From the other end it is the same key.
      await apply(film('c', { poster: set('poster_6') }))
      expect(await related('Film', 'film_c', 'poster', 'Poster')).toEqual(['poster_6'])
      expect(await codes(update('Film', 'film_c', { poster: set('poster_1') }))).toEqual(['UNIQUE_TAKEN'])
      expect(await codes(update('Film', 'film_c', { poster: set(null) }))).toEqual(['REQUIRED'])
      await apply(update('Film', 'film_a', { poster: set('poster_6') }))
      expect(await codes(poster('7', 'film_c'), poster('8', 'film_a'))).toEqual(['UNIQUE_TAKEN'])
    })

    test('to-many additions move rows here; removals clear them unless they moved on', async () => {
      const { apply, codes, row, related } = desk(ports())
      await apply(person('p'), person('q'), film('a'), film('b'), review('r', 'film_a'))
      await apply(update('Person', 'person_p', { directed: add('film_a', 'film_b') }))
      expect(await related('Person', 'person_p', 'directed', 'Film')).toEqual(['film_a', 'film_b'])
      await apply(update('Person', 'person_q', { directed: add('film_b') }))
      await apply(update('Person', 'person_p', { directed: drop('film_a', 'film_b') }))
      expect(await row('Film', 'film_a')).toMatchObject({ director: null })
      expect(await row('Film', 'film_b')).toMatchObject({ director: 'person_q' })
      expect(await codes(update('Film', 'film_a', { reviews: drop('review_r') }))).toEqual(['REQUIRED'])
    })

    test('a retry under the same mutation id has its effect once and gets the first answer', async () => {
      const { writer } = ports()
      const { apply, row, scope } = desk(ports())
      await apply(film('a'))
      const like = { scope, acts: [update('Film', 'film_a', { likes: increment('1') })], mutationId: 'm1' }
      const first = await writer.commit(like)
      const again = await Promise.all([writer.commit(like), writer.commit(like)])
      expect(again).toEqual([first, first])
      expect(await row('Film', 'film_a')).toMatchObject({ likes: '1' })
      const other = { ...like, acts: [update('Film', 'film_a', { likes: increment('2') })] }
      expect((await writer.commit(other)).verdict.problems[0]?.code).toBe('ID_REUSED')
    })

    test('a refusal is remembered under its mutation id, too', async () => {
      const { writer } = ports()
      const { apply, scope } = desk(ports())
      const late = { scope, mutationId: 'm', acts: [update('Film', 'film_a', { year: set(1) })] }
      const refused = await writer.commit(late)
      await apply(film('a'))
      expect(await writer.commit(late)).toEqual(refused)
      expect(refused.verdict.problems[0]?.code).toBe('NOT_FOUND')
    })

    test('what no store can hold is refused by code, retries included, and costs nobody else', async () => {
      const { writer } = ports()
      const { scope, commit, rows } = desk(ports())
      const odd: readonly (readonly [string, ReturnType<typeof film>, string?])[] = [
        ['BAD_ID', remove('Film', 'film_\0')],
        ['BAD_ID', remove('Film', 'film_\ud800')],
        ['BAD_ID', film('c', { tags: add('tag_\0') })],
        ['BAD_VALUE', film('c', { title: set('half \udc00') })],
        ['BAD_VALUE', film('c', { moods: add('nul \0') })],
        ['UNKNOWN_FIELD', update('Film', 'film_a', { 'nul \0': set(1) })],
        ['UNKNOWN_ENTITY', create('Film \ud800', 'film_a')],
        ['BAD_VALUE', film('d'), 'nul \0'],
        ['BAD_VALUE', film('d'), 'half \ud800'],
        ['BAD_VALUE', film('d'), ''],
        ['BAD_VALUE', film('d'), 'x'.repeat(251)],
      ]
      const attempts = odd.map(([, act, mutationId], i) => ({
        scope,
        acts: [act],
        mutationId: mutationId ?? `m${i}`,
      }))
      const outcomes = await Promise.all([
        commit(film('a')),
        ...attempts.map(one => writer.commit(one)),
        commit(film('b')),
      ])
      expect(outcomes.map(({ verdict }) => verdict.problems[0]?.code ?? 'ok')).toEqual([
        'ok',
        ...odd.map(([code]) => code),
        'ok',
      ])
      expect(await Promise.all(attempts.map(one => writer.commit(one)))).toMatchObject(
        outcomes.slice(1, -1).map(({ verdict }) => ({ verdict })),
      )
      expect((await rows('Film')).map(({ id }) => id)).toEqual(['film_a', 'film_b'])
    })

    test('a mutation id may be as long as it may be', async () => {
      const { writer } = ports()
      const { scope } = desk(ports())
      const long = { scope, acts: [film('a')], mutationId: 'é'.repeat(250) }
      const first = await writer.commit(long)
      expect(first.verdict.status).toBe('applied')
      expect(await writer.commit(long)).toEqual(first)
    })

    test('nobody writes in a tenant, or as somebody, that cannot be stored', async () => {
      const { writer } = ports()
      const { principal } = freshScope()
      const refused = (tenant: string, id: string) =>
        expect(
          writer.commit({ scope: { tenant, principal: { ...principal, id } }, acts: [film('a')] }),
        ).rejects.toMatchObject({
          problems: [{ code: 'BAD_VALUE' }],
        })
      for (const tenant of ['', 'nul \0', 'half \ud800', '__proto__', 'x'.repeat(257)])
        await refused(tenant, 'me')
      for (const id of ['', 'nul \0', 'x'.repeat(1025)]) await refused(freshScope().tenant, id)
    })

    test('a value of several forms is kept in one', async () => {
      const { apply, row } = desk(ports())
      await apply(film('a', { addedAt: set('2026-11-21T12:00:00.1239+02:00') }))
      expect(await row('Film', 'film_a')).toMatchObject({ addedAt: '2026-11-21T10:00:00.123Z' })
    })

    test('under a base, removals and deletes reach what precedes it, and no more', async () => {
      const { writer } = ports()
      const { scope, apply, row, rows } = desk(ports())
      const { position: base } = await apply(film('a', { moods: add('dark', 'slow') }))
      await apply(update('Film', 'film_a', { moods: add('slow') }), review('r', 'film_a'))
      const told = async (at: typeof base | undefined, ...acts: Act[]) => {
        const { verdict } = await writer.commit({ scope, acts, ...(at ? { base: at } : {}) })
        return verdict.problems[0]?.code ?? verdict.status
      }
      const cut = update('Film', 'film_a', { moods: drop('dark', 'slow') })
      expect(await told(base, cut)).toBe('applied')
      expect(await row('Film', 'film_a')).toMatchObject({ moods: ['slow'] })
      expect(await told(undefined, cut)).toBe('applied')
      expect(await row('Film', 'film_a')).toMatchObject({ moods: [] })
      expect(await told(base, remove('Film', 'film_a'))).toBe('UNSEEN_ROWS')
      expect(await told({ ...base, log: 'another' }, cut)).toBe('BAD_CURSOR')
      expect(await told({ ...base, seqs: { [scope.tenant]: 99 } }, cut)).toBe('BAD_CURSOR')
      expect(await told({ ...base, seqs: { other: 0 } }, cut)).toBe('BAD_CURSOR')
      expect(await told(undefined, remove('Film', 'film_a'))).toBe('applied')
      expect(await rows('Review')).toEqual([])
    })

    test('rows that go along with an earlier one of the mutation may be named, too', async () => {
      const { apply, codes, rows } = desk(ports())
      await apply(film('a'), review('r', 'film_a'), film('b'), review('s', 'film_b'))
      await apply(remove('Film', 'film_a'), remove('Review', 'review_r'))
      await apply(remove('Review', 'review_s'), remove('Film', 'film_b'))
      expect([await rows('Film'), await rows('Review')]).toEqual([[], []])
      expect(await codes(remove('Review', 'review_r'))).toEqual(['NOT_FOUND'])
    })

    test('tenants written at once do not disturb each other', async () => {
      const desks = Array.from({ length: 8 }, () => desk(ports(), freshScope()))
      await Promise.all(
        desks.flatMap(({ commit }) => Array.from({ length: 10 }, (_, i) => commit(film(`f${i}`)))),
      )
      for (const { rows } of desks) expect(await rows('Film')).toHaveLength(10)
    })
  })
}
