import { describe, expect, test } from 'vitest'
import type { Act } from '../act/act.ts'
import {
  born,
  count,
  dead,
  forged,
  include,
  linked,
  newFilm,
  newPerson,
  newTag,
  onFilm,
  onTag,
  outbox,
  pushing,
  put,
  stampOf,
  tagged,
  unlinked,
} from './outbox.suite.ts'
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
  tag,
  update,
} from './ports.suite.ts'
import type { Authority, Push } from './writer.ts'

export interface PushPortsUnderTest extends PortsUnderTest {
  readonly writer: Authority
}

/** What every Authority does with what replicas push, seen through the Reader over it. */
export function pushSuite(name: string, ports: () => PushPortsUnderTest): void {
  const at = () => {
    const scope = freshScope()
    return { ...desk(ports(), scope), ...pushing(ports().writer), box: outbox(scope) }
  }

  describe(`${name}: pushed changes`, () => {
    test('are logged as stamped and read back', async () => {
      const { verdict, row, related, box, scope } = at()
      const outcome = await verdict(
        box.changes(
          newFilm('a', put('year', 1999), count('likes', '3'), include('moods', 'dark')),
          newTag('x'),
          tagged('a', 'x', linked()),
        ),
      )
      expect(outcome).toMatchObject({ verdict: { status: 'applied', problems: [] }, ids: [] })
      expect(outcome.position.seqs[scope.tenant]).toBe(3)
      expect(await row('Film', 'film_a')).toMatchObject({ year: 1999, likes: '3', moods: ['dark'] })
      expect(await related('Film', 'film_a', 'tags', 'Tag')).toEqual(['tag_x'])
    })

    test('a push sent again, one after the other and at once, counts once and gets the same verdict', async () => {
      const { verdict, row, box, push } = at()
      await verdict(box.changes(newFilm('a')))
      const like = box.changes(onFilm('a', count('likes', '1')))
      const first = await push(like)
      const again = await Promise.all([push(like), push(box.restamped(like)), push(like)])
      again.push(await push(box.restamped(like)))
      expect(again).toEqual([first, first, first, first])
      expect(await row('Film', 'film_a')).toMatchObject({ likes: '1' })
    })

    test('sent twice in one batch before either is judged, it counts once', async () => {
      const { verdict, row, box, push } = at()
      await verdict(box.changes(newFilm('a')))
      const like = box.changes(onFilm('a', count('likes', '1')))
      const [one, other] = await Promise.all([push(like), push(box.restamped(like))])
      expect(other).toEqual(one)
      expect(await row('Film', 'film_a')).toMatchObject({ likes: '1' })
    })

    test('mutations are judged in the order of their numbers, and none is left out', async () => {
      const { push, told, verdict, box, row } = at()
      const first = box.changes(newFilm('a'))
      const second = box.changes(onFilm('a', put('year', 1)))
      const third = box.changes(onFilm('a', put('year', 2)))
      expect(await push(second)).toMatchObject({
        kind: 'refused',
        next: 1,
        problem: { code: 'MUTATION_GAP' },
      })
      await verdict(first)
      expect(await push(third)).toMatchObject({ kind: 'refused', next: 2 })
      expect(await Promise.all([told(second), told(third)])).toEqual(['applied', 'applied'])
      expect(await row('Film', 'film_a')).toMatchObject({ year: 2 })
    })

    test('a number used for another mutation is refused, and the first verdict stays', async () => {
      const { push, verdict, box } = at()
      const first = box.changes(newFilm('a'))
      const outcome = await verdict(first)
      const other = { ...box.changes(newFilm('b')), n: first.n }
      expect(await push(forged(other, { mutation: { client: first.client, n: 1, index: 0 } }))).toMatchObject(
        {
          kind: 'refused',
          problem: { code: 'ID_REUSED' },
        },
      )
      expect(await verdict(first)).toEqual(outcome)
    })

    test('two clients, and two principals with the same client id, number for themselves', async () => {
      const { told, box, scope } = at()
      const first = box.changes(newFilm('a'))
      expect(await told(first)).toBe('applied')
      expect(await told(outbox(scope).changes(newFilm('b')))).toBe('applied')
      const ann = { ...scope, principal: { ...scope.principal, id: 'ann' } }
      const hers = { ...outbox(ann).changes(newFilm('c')), client: first.client }
      const mutation = { client: first.client, n: 1, index: 0 }
      expect(await told(forged(hers, { mutation }))).toBe('applied')
    })

    test('a stamp a year ahead is answered with the time, and the same number may come again', async () => {
      const { push, told, row, scope } = at()
      const year = 365 * 24 * 60 * 60 * 1_000
      const ahead = outbox(scope, { skew: year })
      const early = ahead.changes(newFilm('a'))
      const answer = await push(early)
      expect(answer).toMatchObject({ kind: 'refused', problem: { code: 'CLOCK_AHEAD' } })
      if (answer.kind === 'refused') expect(Math.abs(answer.time - Date.now())).toBeLessThan(60_000)
      const right = outbox(scope).changes(newFilm('a'))
      const restamped = forged(early, { id: stampOf(right) })
      expect(await told(restamped)).toBe('applied')
      expect(await told(early)).toBe('applied')
      expect(await row('Film', 'film_a')).toMatchObject({ title: 'Film a' })
    })

    test('a stamp a year behind is logged, and shows nothing where a later one stood', async () => {
      const { verdict, told, row, scope, box } = at()
      const late = outbox(scope, { skew: -365 * 24 * 60 * 60 * 1_000 })
      expect(await told(late.changes(newFilm('a', put('year', 1))))).toBe('applied')
      await verdict(box.changes(onFilm('a', put('year', 2))))
      const outcome = await verdict(
        late.changes(onFilm('a', put('year', 3), put('score', 1), count('likes', '1'))),
      )
      expect(outcome.verdict).toEqual({
        status: 'applied',
        problems: [],
        superseded: [{ entity: 'Film', id: 'film_a', field: 'year' }],
      })
      expect(await row('Film', 'film_a')).toMatchObject({ year: 2, score: 1, likes: '1' })
    })

    test('what the gateway stamps later wins over what was stamped ahead of its clock', async () => {
      const { told, apply, row, scope } = at()
      const ahead = outbox(scope, { skew: 50_000 })
      expect(await told(ahead.changes(newFilm('a', put('year', 1))))).toBe('applied')
      await apply(update('Film', 'film_a', { year: set(2) }))
      expect(await row('Film', 'film_a')).toMatchObject({ year: 2 })
    })

    test('ops that come before their create wait, unseen, and count once it comes', async () => {
      const { told, row, box, scope } = at()
      expect(await told(box.changes(onFilm('a', put('year', 7), count('likes', '2'))))).toBe('applied')
      expect(await row('Film', 'film_a')).toBeNull()
      expect(await told(outbox(scope, { skew: -1_000 }).changes(newFilm('a', put('year', 1))))).toBe(
        'applied',
      )
      expect(await row('Film', 'film_a')).toMatchObject({ year: 7, likes: '2' })
    })

    test('what waited may not bring a reference to a row that has gone since', async () => {
      const { told, apply, row, box, scope } = at()
      await apply(person('p'))
      expect(await told(box.changes(onFilm('a', put('director', 'person_p'))))).toBe('applied')
      await apply(remove('Person', 'person_p'))
      const other = outbox(scope)
      expect(await told(other.changes(newFilm('a')))).toBe('REF_GONE')
      expect(await told(other.changes(newFilm('a', put('director', null))))).toBe('applied')
      expect(await row('Film', 'film_a')).toMatchObject({ director: null })
    })

    test('a change of a dead row is logged without effect, and says so', async () => {
      const { verdict, apply, row, box, scope } = at()
      await apply(film('a'))
      const away = box.changes(onFilm('a', put('year', 7), count('likes', '2')))
      await apply(remove('Film', 'film_a'))
      const { verdict: said, position } = await verdict(away)
      expect(said.status).toBe('applied')
      expect(said.superseded?.map(({ field }) => field)).toEqual(['year', 'likes'])
      expect(position.seqs[scope.tenant]).toBe(3)
      expect(await row('Film', 'film_a')).toBeNull()
    })

    test('references to unknown and dead rows are refused, edges need both ends, dead ids stay dead', async () => {
      const { told, apply, rows, box } = at()
      await apply(person('gone'), tag('gone'), film('a'))
      await apply(remove('Person', 'person_gone'), remove('Tag', 'tag_gone'))
      const tried = [
        box.changes(onFilm('a', put('director', 'person_none'))),
        box.changes(onFilm('a', put('director', 'person_gone'))),
        box.changes(tagged('a', 'none', linked())),
        box.changes(tagged('a', 'gone', linked())),
        box.changes(tagged('none', 'none', linked())),
        box.changes(newTag('gone')),
        box.changes(onTag('none', dead)),
        box.changes(newPerson('p'), onFilm('a', put('director', 'person_p'))),
      ]
      const codes: string[] = []
      for (const push of tried) codes.push(await told(push))
      expect(codes).toEqual([
        'REF_MISSING',
        'REF_GONE',
        'REF_MISSING',
        'REF_GONE',
        'REF_MISSING',
        'ID_GONE',
        'NOT_FOUND',
        'applied',
      ])
      expect((await rows('Film')).map(({ director }) => director)).toEqual(['person_p'])
    })

    test('an addition wins over a remove that had not seen it; a remove takes what it saw', async () => {
      const { told, related, box, scope } = at()
      const first = box.changes(newFilm('a'), newTag('x'), tagged('a', 'x', linked()))
      expect(await told(first)).toBe('applied')
      const seen = stampOf(first, 2)
      const again = outbox(scope).changes(tagged('a', 'x', linked(seen)))
      expect(await told(again)).toBe('applied')
      expect(await told(box.changes(tagged('a', 'x', unlinked(seen))))).toBe('applied')
      expect(await related('Film', 'film_a', 'tags', 'Tag')).toEqual(['tag_x'])
      expect(await told(box.changes(tagged('a', 'x', unlinked(stampOf(again)))))).toBe('applied')
      expect(await related('Film', 'film_a', 'tags', 'Tag')).toEqual([])
    })

    test('a refused push leaves nothing, spends its number, and is refused the same way again', async () => {
      const { told, rows, box, push, apply } = at()
      const half = box.changes(newFilm('a'), newFilm('b', put('director', 'person_none')))
      const first = await push(half)
      expect(first).toMatchObject({ outcome: { verdict: { status: 'rejected' } } })
      expect(await rows('Film')).toEqual([])
      await apply(person('none'))
      expect(await push(box.restamped(half))).toEqual(first)
      expect(await told(box.changes(newFilm('b')))).toBe('applied')
    })
  })

  describe(`${name}: what strangers push`, () => {
    const tampered: readonly (readonly [string, string, (push: Push) => Push])[] = [
      ['of another tenant', 'FORGED', push => forged(push, { tenant: 'other' })],
      ['by somebody else', 'FORGED', push => forged(push, { by: 'somebody' })],
      ['of another client', 'FORGED', push => forged(push, { mutation: { client: 'x', n: 1, index: 0 } })],
      [
        'of another number',
        'FORGED',
        push => forged(push, { mutation: { client: push.client, n: 9, index: 0 } }),
      ],
      [
        'in another place',
        'FORGED',
        push => forged(push, { mutation: { client: push.client, n: 1, index: 1 } }),
      ],
      ['with another base', 'FORGED', push => forged(push, { base: { log: 'memory', seq: 0 } })],
      [
        'stamped by two replicas',
        'FORGED',
        push => forged(push, { id: stampOf(outbox(push.scope).changes(newTag('z'))) }, 1),
      ],
      ['with falling stamps', 'FORGED', push => forged(push, { id: stampOf(push) }, 1)],
      ['of no form', 'BAD_CHANGE', push => forged(push, { 'nul \0': 1 })],
      ['of no version', 'BAD_CHANGE', push => forged(push, { v: 99 })],
      ['of an unknown entity', 'UNKNOWN_ENTITY', push => forged(push, { entity: 99 })],
      [
        'of an unknown field',
        'UNKNOWN_FIELD',
        push => forged(push, { ops: [{ field: 99, kind: 'counter', by: '1' }] }),
      ],
      [
        'of the wrong kind',
        'WRONG_KIND',
        push => forged(push, { ops: [{ field: 9, kind: 'register', value: 1 }] }),
      ],
      ['of the wrong type', 'BAD_VALUE', push => forged(push, { ops: [put('year', 'x')] })],
      [
        'in a form that nobody keeps',
        'BAD_VALUE',
        push => forged(push, { ops: [put('addedAt', '2026-11-21T12:00:00+02:00')] }),
      ],
      ['without what is required', 'REQUIRED', push => forged(push, { ops: [born] })],
      ['clearing what is required', 'REQUIRED', push => forged(push, { ops: [put('title', null)] })],
      ['with the id of another entity', 'BAD_ID', push => forged(push, { key: 'tag_a' })],
      [
        'of a value that never changes',
        'ONCE',
        push => forged(push, { entity: 3, key: 'studio_a', ops: [put('title', 'x')] }),
      ],
      [
        'of a guarded field',
        'GUARDED',
        push => forged(push, { entity: 7, key: 'poster_1', ops: [put('title', 'film_a')] }),
      ],
      ['deleting what others may refer to', 'GUARDED', push => forged(push, { ops: [dead] })],
    ]

    test.each(tampered)(
      'a change %s is refused as %s, and nobody else is disturbed',
      async (_, code, tamper) => {
        const { told, commit, rows, box } = at()
        const push = tamper(box.changes(newFilm('a'), newTag('x')))
        const [one, other, again] = await Promise.all([told(push), commit(film('b')), told(push)])
        expect([one, other.verdict.status, again]).toEqual([code, 'applied', code])
        expect((await rows('Film')).map(({ id }) => id)).toEqual(['film_b'])
        expect(await told(box.changes(newFilm('c')))).toBe('applied')
      },
    )

    test('10,001 changes, or more than 8 MB, in one mutation are refused; 10,000 are not', async () => {
      const { told, rows, box, commit } = at()
      const many = (size: number) => box.changes(...Array.from({ length: size }, (_, i) => newTag(`t${i}`)))
      const large = (i: number) => newFilm(`f${i}`, put('facts', 'x'.repeat(200_000)))
      const pushes = [many(10_001), box.changes(...Array.from({ length: 45 }, (_, i) => large(i)))]
      const [first, other, second] = await Promise.all([
        told(pushes[0] as Push),
        commit(film('b')),
        told(pushes[1] as Push),
      ])
      expect([first, other.verdict.status, second]).toEqual(['TOO_LARGE', 'applied', 'TOO_LARGE'])
      expect(await rows('Tag')).toEqual([])
      expect(await told(many(10_000))).toBe('applied')
    }, 60_000)

    test('a stamp that the log holds already is refused', async () => {
      const { told, box, scope, row } = at()
      const first = box.changes(newFilm('a', put('year', 1)))
      expect(await told(first)).toBe('applied')
      const copy = forged(outbox(scope).changes(onFilm('a', put('year', 2))), { id: stampOf(first) })
      expect(await told(copy)).toBe('STAMP_TAKEN')
      const [one, other] = [outbox(scope), outbox(scope)]
      const here = one.changes(onFilm('a', put('year', 3)))
      const there = forged(other.changes(onFilm('a', put('year', 4))), { id: stampOf(here) })
      expect(await Promise.all([told(here), told(there)])).toEqual(['applied', 'STAMP_TAKEN'])
      expect(await row('Film', 'film_a')).toMatchObject({ year: 3 })
    })

    test('what is no push at all is answered as such', async () => {
      const { told, box } = at()
      const push = box.changes(newFilm('a'))
      const odd: readonly object[] = [
        { client: '' },
        { client: 'id:x' },
        { client: 'x'.repeat(65) },
        { client: 7 },
        { n: 0 },
        { n: 1.5 },
        { n: '1' },
        { base: {} },
        { base: { log: 'x', seq: -1 } },
        { base: 'head' },
        { work: null },
        { work: { kind: 'changes' } },
        { work: { kind: 'acts', acts: 7 } },
      ]
      for (const members of odd) expect(await told({ ...push, ...members } as Push)).toBe('BAD_PUSH')
      expect(await told(push)).toBe('applied')
    })

    test('lists of anything are refused, and their number is spent', async () => {
      const { told, box } = at()
      const odd: readonly unknown[] = [
        null,
        7,
        'x',
        [],
        {},
        { kind: 'create' },
        { kind: 'delete', entity: 7 },
      ]
      for (const one of odd) {
        const changes = [one] as never
        expect(await told({ ...box.changes(), work: { kind: 'changes', changes } })).toBe('BAD_CHANGE')
        expect(await told({ ...box.changes(), work: { kind: 'acts', acts: changes } })).toBe('BAD_ACT')
      }
      expect(await told(box.changes(newFilm('a')))).toBe('applied')
    })

    test('a base of another log, or ahead of this one, is answered; the number may come again', async () => {
      const { told, box, scope, commit } = at()
      const { position } = await commit(film('x'))
      const push = box.changes(newFilm('a'))
      const under = (base: { log: string; seq: number }) => forged({ ...push, base }, { base })
      const { log, seqs } = position
      expect(await told(under({ log: 'another', seq: 0 }))).toBe('BAD_BASE')
      expect(await told(under({ log, seq: (seqs[scope.tenant] ?? 0) + 1 }))).toBe('BAD_BASE')
      expect(await told(under({ log, seq: seqs[scope.tenant] ?? 0 }))).toBe('applied')
    })
  })

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
