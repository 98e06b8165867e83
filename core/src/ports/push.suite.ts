import { describe, expect, test } from 'vitest'
import {
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
  type PushPortsUnderTest,
  pushDesk,
  put,
  stampOf,
  tagged,
  unlinked,
} from './outbox.suite.ts'
import { film, person, remove, set, tag, update } from './ports.suite.ts'
import { pushActsSuite } from './pushActs.suite.ts'
import { pushStrangersSuite } from './pushStrangers.suite.ts'

/** What every Authority does with what replicas push, seen through the Reader over it. */
export function pushSuite(name: string, ports: () => PushPortsUnderTest): void {
  const at = pushDesk(ports)

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

    test('ops on a row whose create was refused are refused, too, and leave nothing for another one to find', async () => {
      const { told, row, box, scope } = at()
      expect(await told(box.changes(newFilm('a', put('director', 'person_gone'))))).toBe('REF_MISSING')
      expect(await told(box.changes(onFilm('a', put('year', 7), count('likes', '2'))))).toBe('NOT_FOUND')
      expect(await told(box.changes(onFilm('a', put('year', 7)), newFilm('a')))).toBe('NOT_FOUND')
      expect(await row('Film', 'film_a')).toBeNull()
      expect(await told(outbox(scope, { skew: -1_000 }).changes(newFilm('a', put('year', 1))))).toBe(
        'applied',
      )
      expect(await row('Film', 'film_a')).toMatchObject({ year: 1, likes: '0' })
      expect(await told(box.changes(onFilm('a', put('year', 8))))).toBe('applied')
      expect(await row('Film', 'film_a')).toMatchObject({ year: 8 })
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

  pushStrangersSuite(name, ports)
  pushActsSuite(name, ports)
}
