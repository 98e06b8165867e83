import { describe, expect, test } from 'vitest'
import type { Act } from '../act/act.ts'
import { born, count, newFilm, onFilm, outbox, type PushPortsUnderTest, pushDesk } from './outbox.suite.ts'
import { add, create, drop, film, increment, remove, review, set, tag, update } from './ports.suite.ts'

/** What every Authority does with pushed acts. Within `pushSuite`. */
export function pushActsSuite(name: string, ports: () => PushPortsUnderTest): void {
  const at = pushDesk(ports)

  describe(`${name}: pushed acts`, () => {
    test('are judged under the lock and logged for the client that asked', async () => {
      const { verdict, told, related, box, apply } = at()
      await apply(film('a'), film('b'))
      const poster = (id: string, on: string) =>
        create('Poster', `poster_${id}`, { film: set(on), url: set('u') })
      const first = await verdict(box.acts(poster('1', 'film_a')))
      expect(first).toMatchObject({ verdict: { status: 'applied' }, ids: ['poster_1'] })
      expect(await told(box.acts(poster('2', 'film_a')))).toBe('UNIQUE_TAKEN')
      expect(await told(box.acts(update('Poster', 'poster_1', { film: set('film_b') })))).toBe('applied')
      expect(await related('Film', 'film_b', 'poster', 'Poster')).toEqual(['poster_1'])
    })

    test('both lanes share one numbering, and a retry counts once', async () => {
      const { push, told, row, box } = at()
      const first = box.changes(newFilm('a'))
      const second = box.acts(update('Film', 'film_a', { likes: increment('1') }))
      const third = box.changes(onFilm('a', count('likes', '1')))
      const answers = await Promise.all([push(first), push(second), push(third), push(second)])
      expect(answers.map(({ kind }) => kind)).toEqual(['verdict', 'verdict', 'verdict', 'verdict'])
      expect(answers[3]).toEqual(answers[1])
      expect(await told(third)).toBe('applied')
      expect(await row('Film', 'film_a')).toMatchObject({ likes: '2' })
    })

    test('a delete takes along what others have created meanwhile, and what comes later finds nothing', async () => {
      const { told, rows, box, apply, scope } = at()
      await apply(film('a'))
      await apply(review('r', 'film_a'))
      expect(await told(box.acts(remove('Film', 'film_a')))).toBe('applied')
      expect(await rows('Review')).toEqual([])
      const other = outbox(scope)
      const late = other.changes({
        entity: 4,
        key: 'review_s',
        ops: [
          born,
          { field: 1, kind: 'register', value: 'film_a' },
          { field: 2, kind: 'register', value: 'late' },
          { field: 3, kind: 'register', value: 1 },
        ],
      })
      expect(await told(late)).toBe('REF_GONE')
    })

    test('acts about rows that died meanwhile have no effect, and say so; a second delete has nothing to do', async () => {
      const { verdict, told, apply, box, scope } = at()
      await apply(film('a'))
      await apply(remove('Film', 'film_a'))
      const late = await verdict(box.acts(update('Film', 'film_a', { year: set(1), tags: add('tag_x') })))
      const field = (name: string) => ({ entity: 'Film', id: 'film_a', field: name })
      expect(late.verdict).toEqual({
        status: 'applied',
        problems: [],
        superseded: [field('year'), field('tags')],
      })
      expect(late.position.seqs[scope.tenant]).toBe(2)
      expect(await told(box.acts(remove('Film', 'film_a')))).toBe('applied')
      expect(await told(box.acts(film('a')))).toBe('ID_GONE')
      expect(await told(box.acts(remove('Film', 'film_b')))).toBe('NOT_FOUND')
    })

    test('a create of what is there merges into it, and leaves alone what it does not name', async () => {
      const { told, apply, row, box } = at()
      await apply(film('a', { seen: set(true), year: set(1) }))
      expect(await told(box.acts(film('a', { year: set(2) })))).toBe('applied')
      expect(await row('Film', 'film_a')).toMatchObject({ seen: true, year: 2 })
    })

    test('an id that a push calls generated is looked for all the same', async () => {
      const { told, apply, row, box } = at()
      const generated = (id: string, fields: Parameters<typeof film>[1]): Act => ({
        ...(film(id, fields) as Act & { kind: 'create' }),
        generated: true,
      })
      await apply(film('a', { year: set(1) }), film('b'))
      await apply(remove('Film', 'film_b'))
      expect(await told(box.acts(generated('a', { seen: set(true) })))).toBe('applied')
      expect(await row('Film', 'film_a')).toMatchObject({ seen: true, year: 1 })
      expect(await told(box.acts(generated('b', {})))).toBe('ID_GONE')
    })

    test('removals reach what precedes the base, or is of the same client, and no more', async () => {
      const { told, verdict, apply, row, related, box, scope } = at()
      const seen = await apply(film('a', { moods: add('dark', 'slow') }), tag('x'), tag('y'))
      const base = { log: seen.position.log, seq: seen.position.seqs[scope.tenant] ?? 0 }
      await apply(update('Film', 'film_a', { moods: add('slow', 'odd'), tags: add('tag_x') }))
      await verdict(box.acts(update('Film', 'film_a', { moods: add('own'), tags: add('tag_y') })))
      const cut = update('Film', 'film_a', {
        moods: drop('dark', 'slow', 'odd', 'own'),
        tags: drop('tag_x', 'tag_y'),
      })
      expect(await told({ ...box.acts(cut), base })).toBe('applied')
      expect(await row('Film', 'film_a')).toMatchObject({ moods: ['odd', 'slow'] })
      expect(await related('Film', 'film_a', 'tags', 'Tag')).toEqual(['tag_x'])
    })

    test('a delete takes along no row that its author had not seen, unless it is forced', async () => {
      const { told, apply, rows, box, scope } = at()
      const seen = await apply(film('a'), film('b'))
      await apply(review('r', 'film_a'))
      const base = { log: seen.position.log, seq: seen.position.seqs[scope.tenant] ?? 0 }
      const under = (...acts: Act[]) => told({ ...box.acts(...acts), base })
      expect(await under(review('own', 'film_b'))).toBe('applied')
      expect(await under(remove('Film', 'film_b'))).toBe('applied')
      expect(await under(remove('Film', 'film_a'))).toBe('UNSEEN_ROWS')
      expect((await rows('Review')).map(({ id }) => id)).toEqual(['review_r'])
      const force = { ...remove('Film', 'film_a'), force: true } as Act
      expect(await under(force)).toBe('applied')
      expect(await rows('Review')).toEqual([])
    })

    test('a row that came in the same batch was not seen either', async () => {
      const { told, commit, apply, box, scope } = at()
      const seen = await apply(film('a'))
      const base = { log: seen.position.log, seq: seen.position.seqs[scope.tenant] ?? 0 }
      const codes = await Promise.all([
        commit(review('r', 'film_a')),
        told({ ...box.acts(remove('Film', 'film_a')), base }),
      ])
      expect(codes[1]).toBe('UNSEEN_ROWS')
    })
  })
}
