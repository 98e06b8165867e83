import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { visible } from '../change/merge.ts'
import { cellValue } from '../change/value.ts'
import { canonical, type Json } from '../json.ts'
import { formatProblem, problem } from '../problem.ts'
import { CLIENT_MESSAGES, SERVER_MESSAGES } from './message.fixture.ts'
import type { ClientMessage, ServerMessage } from './message.ts'
import { parseClientMessage, parseServerMessage } from './parse.ts'
import { writeMessage } from './write.ts'

const STAMP = '01ARZ3NDEKTSV4RRFFQ69G5FAV'
const position = { log: 'log', seqs: { main: 8, acme: 3 } }

/** Everything that may stand in them. */
const FULL: readonly unknown[] = [
  ...Object.values(SERVER_MESSAGES),
  {
    ...SERVER_MESSAGES.batch,
    body: {
      kind: 'events',
      events: [
        {
          kind: 'upsert',
          entity: 1,
          key: 'film_a',
          instance: {
            born: STAMP,
            dead: null,
            cells: {
              1: { kind: 'register', at: STAMP, value: { a: [1, null, 'x'] } },
              2: { kind: 'counter', sum: '-12' },
              3: { kind: 'set', elements: { '"a"': { [STAMP]: 1 }, '7': { [STAMP]: -1 } } },
            },
          },
          texts: [{ field: 4, source: { state: 'AAA', updates: ['AQID', ''] } }],
        },
        {
          kind: 'upsert',
          entity: 9,
          key: 'film_a|tag_b',
          instance: { born: null, dead: null, cells: { 0: { kind: 'edge', tags: { [STAMP]: 1 } } } },
        },
        { kind: 'evict', entity: 1, key: 'film_b' },
      ],
      position,
      loaded: [{ kind: 'whole' }, { kind: 'nothing' }, { kind: 'upTo', id: 'film_a' }],
    },
  },
  { ...SERVER_MESSAGES.batch, body: { kind: 'reset', reason: 'GAP' } },
  {
    ...SERVER_MESSAGES.verdict,
    outcome: {
      verdict: {
        status: 'rejected',
        problems: [problem('VALIDATION', ['0', ''], '')],
        superseded: [{ entity: 'Film', id: 'film_a', field: 'title' }],
      },
      position,
      ids: ['film_a'],
    },
  },
]
const SAID: readonly unknown[] = [
  ...Object.values(CLIENT_MESSAGES),
  { ...CLIENT_MESSAGES.follow, since: null },
  { ...CLIENT_MESSAGES.push, base: null },
]

type Path = readonly (string | number)[]

/** Each place in a JSON value, the outermost first. */
function places(value: unknown, path: Path = []): readonly Path[] {
  if (typeof value !== 'object' || value === null) return [path]
  const names = Array.isArray(value) ? value.keys() : Object.keys(value)
  return [path, ...[...names].flatMap(name => places(value[name as keyof typeof value], [...path, name]))]
}

type Damage = (at: unknown) => unknown

/** A deep copy in which one place is another; members called `__proto__` are members. */
function damaged(value: unknown, [name, ...rest]: Path, damage: Damage): unknown {
  if (name === undefined) return damage(structuredClone(value))
  const copy = Array.isArray(value) ? [...value] : { ...(value as object) }
  own(copy, name, damaged((value as { readonly [name: string]: unknown })[name], rest, damage))
  return copy
}

function own(target: object, name: string | number, value: unknown): void {
  Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true })
}

const NAMES = ['__proto__', 'constructor', 'kind', 'more', '1', '-1', '1.5', 'toString', '', '\0', '"a" ']
const GARBAGE: readonly unknown[] = [
  undefined,
  null,
  true,
  -1,
  0.5,
  3,
  2 ** 60,
  '',
  'no such thing',
  '\0',
  '\ud800',
  [],
  [[]],
  {},
  { kind: '__proto__' },
  { kind: 'register' },
  JSON.parse('{"__proto__": {"kind": "register"}}'),
]

/** Where any JSON may stand, and what may be null or absent: all else is closed. */
const FREE = /^(?:shapes\.\d+|work)(?:\.|$)|^body\.events\.\d+\.instance\.cells\.1\.value(?:\.|$)/
const NULLABLE = /(?:^|\.)(?:base|since|born|dead|state|retry)$/
const OPTIONAL = /(?:^|\.)(?:texts|superseded)$/

const sort = (value: unknown) => (value === null ? 'null' : Array.isArray(value) ? 'list' : typeof value)

const sides = [
  ['a gateway', FULL, parseServerMessage],
  ['a replica', SAID, parseClientMessage],
] as const

describe.each(sides)('what %s says', (_, messages, parse) => {
  const spots = messages.flatMap(message => places(message).map(path => ({ message, path })))

  test('is read as it was written, and written as it was read', () => {
    for (const message of messages) expect(written(parse(message) as ServerMessage)).toEqual(message)
  })

  test('another type, a member less, a member more: refused wherever that is not free', () => {
    for (const { message, path } of spots) {
      const where = path.join('.')
      if (FREE.test(where)) continue
      const before = sort(
        path.reduce((at, name) => (at as { [name: string]: unknown })[name], message as unknown),
      )
      for (const garbage of GARBAGE) {
        if (sort(garbage) === before || (garbage === null && NULLABLE.test(where))) continue
        if (garbage === undefined && OPTIONAL.test(where)) continue
        const result = parse(damaged(message, path, () => garbage))
        expect([where, garbage, result]).toEqual([where, garbage, REFUSED])
      }
      if (before !== 'object') continue
      for (const value of [3, { kind: 'register' }]) {
        const more = parse(
          damaged(message, path, at => {
            own(at as object, '__proto__', value)
            return at
          }),
        )
        expect([where, value, more]).toEqual([where, value, REFUSED])
      }
    }
  })

  test('any damage makes a refusal, or a message that can be used', () => {
    const spot = fc.constantFrom(...spots)
    const change = fc.oneof(
      fc.constantFrom(...GARBAGE).map(
        (value): Damage =>
          () =>
            value,
      ),
      fc.jsonValue().map(
        (value): Damage =>
          () =>
            value,
      ),
      fc.tuple(fc.constantFrom(...NAMES), fc.constantFrom(...GARBAGE)).map(
        ([name, value]): Damage =>
          at => {
            if (typeof at !== 'object' || at === null) return value
            own(at, name, value)
            return at
          },
      ),
      fc.tuple(spot, fc.nat()).map(
        ([from]): Damage =>
          () =>
            at(from.message, from.path),
      ),
    )
    fc.assert(
      fc.property(fc.array(fc.tuple(spot, change), { minLength: 1, maxLength: 3 }), ([first, ...others]) => {
        if (!first) return
        let value = damaged(first[0].message, first[0].path, first[1])
        for (const [, more] of others) {
          const where = places(value)
          value = damaged(value, where[where.length >> 1] ?? [], more)
        }
        // As it would come out of a frame.
        const text = JSON.stringify(value)
        const given: unknown = text === undefined ? undefined : JSON.parse(text)
        const result = parse(given)
        if ('code' in result && !('kind' in result)) expect(result).toEqual(REFUSED)
        else {
          expect(canonical(written(result as ServerMessage) as Json)).toBe(canonical(given as Json))
          use(result as ServerMessage | ClientMessage)
        }
      }),
      { numRuns: 3_000 },
    )
  })
})

test('the longest reasons come through: a gateway may have to name what a stranger called his members', () => {
  const found = problem('BAD_VALUE', ['x'.repeat(100_000), '\ud800', ''], 'y'.repeat(100_000))
  const message = { ...SERVER_MESSAGES.unjudged, problem: found }
  expect(parseServerMessage(JSON.parse(JSON.stringify(message)))).toEqual(message)
})

const REFUSED = {
  code: expect.stringMatching(/^(BAD_MESSAGE|VERSION)$/),
  message: expect.any(String),
  path: expect.any(Array),
}

function at(value: unknown, path: Path): unknown {
  return path.reduce((inner, name) => (inner as { readonly [name: string]: unknown })[name], value)
}

function written(message: ServerMessage | ClientMessage): unknown {
  return JSON.parse(writeMessage(message))
}

const STAMPS = /^[0-9A-HJKMNP-TV-Z]{26}$/

/** Does with a message what those behind the session do, who look no closer at it. */
function use(message: ServerMessage | ClientMessage): void {
  if (message.kind === 'batch' && message.body.kind === 'events') {
    for (const event of message.body.events) {
      expect(event.entity).toSatisfy(Number.isSafeInteger)
      expect(event.key).not.toBe('')
      if (event.kind !== 'upsert') continue
      const { born, dead, cells } = event.instance
      for (const stamp of [born, dead]) if (stamp !== null) expect(stamp).toMatch(STAMPS)
      expect(visible(event.instance)).toBeTypeOf('boolean')
      for (const [field, cell] of Object.entries(cells)) {
        expect(Number(field)).toSatisfy(Number.isSafeInteger)
        expect(cellValue(cell)).toBeDefined()
        if (cell.kind === 'counter') expect(BigInt(cell.sum).toString()).toBe(cell.sum)
        const tags =
          cell.kind === 'set' ? Object.values(cell.elements) : cell.kind === 'edge' ? [cell.tags] : []
        for (const [stamp, count] of tags.flatMap(Object.entries)) {
          expect(stamp).toMatch(STAMPS)
          expect(count).toSatisfy(Number.isSafeInteger)
        }
      }
      for (const { source } of event.texts ?? []) {
        for (const bytes of source.updates) expect(bytes).toBeInstanceOf(Uint8Array)
      }
    }
    usePosition(message.body.position)
  }
  if (message.kind === 'verdict') {
    for (const found of message.outcome.verdict.problems) expect(formatProblem(found)).toBeTypeOf('string')
    usePosition(message.outcome.position)
    expect(message.outcome.ids.every(id => typeof id === 'string')).toBe(true)
  }
  if (message.kind === 'follow' && message.since) {
    expect(message.since.loaded).toHaveLength(message.shapes.length)
    usePosition(message.since.position)
  }
}

function usePosition({ seqs }: { readonly seqs: { readonly [tenant: string]: number } }): void {
  for (const seq of Object.values({ ...seqs })) expect(seq).toSatisfy(Number.isSafeInteger)
  expect(Object.getPrototypeOf(Object.assign({}, seqs))).toBe(Object.prototype)
}
