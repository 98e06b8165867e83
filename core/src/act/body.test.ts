import { expect, test } from 'vitest'
import { CHANGE_VERSION, type Change, type Op } from '../change/change.ts'
import { hlcOf } from '../change/clock.ts'
import { bodyHash, changesHash } from './body.ts'

const stamp = (ms: number) => hlcOf({ ms, counter: 0, replica: 7n })

function change(id: string, ops: readonly Op[], more: Partial<Change> = {}): Change {
  const mutation = { client: 'c', n: 1, index: 0 }
  const who = { tenant: 't', schema: 's', by: 'b', base: null, mutation }
  return { v: CHANGE_VERSION, id, entity: 1, key: 'film_a', ops, ...who, ...more }
}

const ops = (tag: string): readonly Op[] => [
  { field: 0, kind: 'create' },
  { field: 1, kind: 'register', value: 'A' },
  { field: 9, kind: 'counter', by: '-1' },
  { field: 10, kind: 'set', add: ['slow'], remove: [{ element: 'dark', tags: [tag] }] },
]
const edge = (tag: string): readonly Op[] => [{ field: 0, kind: 'edge', add: false, remove: [tag] }]

test('golden: the hashes of bodies, which verdicts keep', () => {
  expect(
    changesHash([change(stamp(1), ops(stamp(2))), change(stamp(2), edge(stamp(1)))]),
  ).toMatchInlineSnapshot(`"328188db86b599c5a5628ea706261b3715495ac4ae79632c373a5d8022f7b17d"`)
  expect(
    bodyHash([
      { kind: 'create', entity: 'Film', id: 'film_a', fields: { title: { kind: 'set', value: 'A' } } },
      { kind: 'delete', entity: 'Film', id: 'film_b' },
    ]),
  ).toMatchInlineSnapshot(`"b2b0711169ff41311e98a148d1d9aec24c1cd1b6a99bb73ca9c71d372787390f"`)
})

test('what was stamped anew under another base is the same mutation', () => {
  const first = changesHash([change(stamp(1), ops(stamp(2))), change(stamp(2), edge(stamp(1)))])
  const base = { log: 'l', seq: 7 }
  const again = [change(stamp(8), ops(stamp(9)), { base }), change(stamp(9), edge(stamp(8)), { base })]
  expect(changesHash(again)).toBe(first)
})

test.each<[string, Change]>([
  ['another row', change(stamp(1), ops(stamp(2)), { key: 'film_b' })],
  ['another entity', change(stamp(1), ops(stamp(2)), { entity: 2 })],
  ['another value', change(stamp(1), [{ field: 1, kind: 'register', value: 'B' }])],
  ['an op less', change(stamp(1), ops(stamp(2)).slice(1))],
])('%s is another mutation', (_, other) => {
  expect(changesHash([other])).not.toBe(changesHash([change(stamp(1), ops(stamp(2)))]))
})
