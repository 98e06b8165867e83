import { describe, expect, test } from 'vitest'
import {
  born,
  dead,
  forged,
  newFilm,
  newTag,
  onFilm,
  outbox,
  type PushPortsUnderTest,
  pushDesk,
  put,
  stampOf,
} from './outbox.suite.ts'
import { film } from './ports.suite.ts'
import type { Push } from './writer.ts'

/** What every Authority refuses of what is pushed. Within `pushSuite`. */
export function pushStrangersSuite(name: string, ports: () => PushPortsUnderTest): void {
  const at = pushDesk(ports)

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
        { work: { kind: 'acts', acts: [], more: 1 } },
        { work: { kind: 'changes', changes: [], acts: [] } },
        { work: { kind: 'length', length: [] } },
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
}
