import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonical, type Json } from '../json.ts'
import type { Change, Op } from './change.ts'
import { hlcOf } from './clock.ts'
import { changeOf, delivery, edgeHistory, history, rowHistory } from './history.suite.ts'
import { edgeKey } from './id.ts'
import { type Instance, NOTHING } from './instance.ts'
import { meaningOf, read } from './meaning.fixture.ts'
import { apply, beforeOf, distinct, merge, undo, visible } from './merge.ts'
import { cellValue, clocksOf, elementsOf, tagsOf } from './value.ts'

const seeds = fc.array(fc.integer(), { minLength: 4, maxLength: 4 })
const tested: string[] = []

/** A test that MERGE.md promises by this name. */
function law(name: string, run: () => void) {
  tested.push(name)
  test(name, run)
}

test('a text leaves no trace: its updates stand beside the instance', () => {
  fc.assert(
    fc.property(rowHistory, changes => {
      const instance = merge(changes)
      const last = changes.at(-1)
      fc.pre(last !== undefined)
      const update: Op = { field: 6, kind: 'text', update: 'AAA' }
      const text = { ...last, id: hlcOf({ ms: 2 ** 40, counter: 0, replica: 3n }), ops: [update] }
      expect(apply(instance, text)).toBe(instance)
      expect(undo(instance, text, beforeOf(instance, text))).toEqual(instance)
    }),
  )
})

describe('laws', () => {
  law('Commutative', () => {
    fc.assert(
      fc.property(history, seeds, (changes, orders) => {
        const [first, ...others] = orders.map(seed => merge(distinct(delivery(changes, seed))))
        for (const other of others) expect(other).toEqual(first)
      }),
      { numRuns: 500 },
    )
  })

  law('Associative', () => {
    fc.assert(
      fc.property(history, fc.integer(), fc.array(fc.nat(6), { minLength: 1 }), (changes, seed, sizes) => {
        const whole = merge(changes)
        const seen = new Set<string>()
        let state = NOTHING
        let rest = delivery(changes, seed)
        for (let i = 0; rest.length > 0; i++) {
          const size = 1 + (sizes[i % sizes.length] as number)
          state = merge(distinct(rest.slice(0, size), seen), state)
          rest = rest.slice(size)
        }
        expect(state).toEqual(whole)
      }),
      { numRuns: 300 },
    )
  })

  law('Idempotent', () => {
    fc.assert(
      fc.property(history, fc.integer(), (changes, seed) => {
        const seen = new Set<string>()
        const once = merge(distinct(changes, seen))
        expect(merge(distinct(delivery(changes, seed), seen), once)).toBe(once)
        expect([...distinct([...changes, ...changes])]).toEqual(changes)
      }),
      { numRuns: 200 },
    )
  })

  law('Faithful', () => {
    fc.assert(
      fc.property(rowHistory, fc.integer(), (changes, seed) => {
        expect(read(merge(distinct(delivery(changes, seed))))).toEqual(meaningOf(changes))
      }),
      { numRuns: 500 },
    )
    fc.assert(
      fc.property(edgeHistory, fc.integer(), (changes, seed) => {
        const removed = new Set(
          changes.flatMap(({ ops }) => ops.flatMap(op => (op.kind === 'edge' ? op.remove : []))),
        )
        const live = changes.some(
          ({ id, ops }) => ops.some(op => op.kind === 'edge' && op.add) && !removed.has(id),
        )
        expect(visible(merge(distinct(delivery(changes, seed))))).toBe(live)
      }),
      { numRuns: 300 },
    )
  })

  law('Final death', () => {
    fc.assert(
      fc.property(rowHistory, fc.integer(), fc.nat(), (changes, seed, at) => {
        const grave = changeOf(hlcOf({ ms: at % 2_000, counter: 9, replica: 9n }), 'film_1', [DELETE])
        const earlier = changes.flatMap(({ id, ops }) => (ops[0]?.kind === 'delete' ? [id] : []))
        const state = merge(distinct(delivery([...changes, grave], seed)))
        expect(state).toEqual({ born: null, dead: [grave.id, ...earlier].sort()[0], cells: {} })
        expect(visible(state)).toBe(false)
      }),
      { numRuns: 200 },
    )
  })

  law('Reversible', () => {
    fc.assert(
      fc.property(history, fc.integer(), (changes, seed) => {
        const order = [...distinct(delivery(changes, seed))]
        const images: Instance[] = [NOTHING]
        const befores = order.map(change => {
          const now = images.at(-1) as Instance
          images.push(apply(now, change))
          // As it comes back from the log.
          return JSON.parse(JSON.stringify(beforeOf(now, change))) as Instance | null
        })
        let state = images.at(-1) as Instance
        for (let i = order.length - 1; i >= 0; i--) {
          state = undo(state, order[i] as Change, befores[i] as Instance | null)
          expect(state).toEqual(images[i])
        }
      }),
      { numRuns: 300 },
    )
  })

  law('Pure', () => {
    fc.assert(
      fc.property(history, changes => {
        let state: Instance = frozen(NOTHING)
        for (const change of changes) {
          const before = canonical(state as unknown as Json)
          const next = frozen(apply(state, frozen(change)))
          frozen(beforeOf(state, change))
          undo(next, change, beforeOf(state, change))
          expect(canonical(state as unknown as Json)).toBe(before)
          for (const [field, cell] of Object.entries(state.cells)) {
            if (change.ops.some(op => String(op.field) === field || op.kind === 'delete')) continue
            expect(next.cells[Number(field)]).toBe(cell)
          }
          state = next
        }
      }),
      { numRuns: 200 },
    )
  })

  test('MERGE.md lists just these', () => {
    const document = readFileSync(new URL('./MERGE.md', import.meta.url), 'utf8')
    expect([...document.matchAll(/^- \*\*(.+?)\*\*/gm)].map(match => match[1])).toEqual(tested)
  })
})

const DELETE: Op = { field: 0, kind: 'delete' }
const CREATE: Op = { field: 0, kind: 'create' }
const stamp = (ms: number, replica = 1n) => hlcOf({ ms, counter: 0, replica })
const row = (ms: number, ...ops: Op[]) => changeOf(stamp(ms), 'film_1', ops)
const set = (value: Json, field = 1): Op => ({ field, kind: 'register', value })

describe('register', () => {
  test('of two written in the same millisecond the greater replica id wins, in either order', () => {
    const low = changeOf(stamp(5, 1n), 'film_1', [set('low')])
    const high = changeOf(stamp(5, 2n), 'film_1', [set('high')])
    for (const order of [
      [low, high],
      [high, low],
    ]) {
      expect(merge(order).cells[1]).toEqual({ kind: 'register', at: high.id, value: 'high' })
    }
  })

  test('one that loses everywhere leaves the very same instance', () => {
    const state = merge([row(5, set('new'))])
    expect(apply(state, row(4, set('old')))).toBe(state)
  })
})

describe('counter', () => {
  test('is exact beyond 64 bits', () => {
    const by = (text: string): Op => ({ field: 1, kind: 'counter', by: text })
    const state = merge([
      row(1, by('9223372036854775807')),
      row(2, by('9223372036854775807')),
      row(3, by('-1')),
    ])
    expect(state.cells[1]).toEqual({ kind: 'counter', sum: '18446744073709551613' })
  })
})

describe('set', () => {
  const add = (...elements: Json[]): Op => ({ field: 1, kind: 'set', add: elements, remove: [] })
  const drop = (element: Json, ...tags: string[]): Op => ({
    field: 1,
    kind: 'set',
    add: [],
    remove: [{ element, tags }],
  })

  test('an add that the remove did not see stays', () => {
    const state = merge([row(1, add('a')), row(2, add('a')), row(3, drop('a', stamp(1)))])
    expect(elementsOf(state.cells[1])).toEqual(['a'])
    expect(tagsOf(state.cells[1], 'a')).toEqual([stamp(2)])
  })

  test('a remove that comes before its add waits for it', () => {
    const early = merge([row(3, drop('a', stamp(1)))])
    expect(elementsOf(early.cells[1])).toEqual([])
    expect(elementsOf(apply(early, row(1, add('a', 'b'))).cells[1])).toEqual(['b'])
  })

  test('two removes at once leave the element free to be added again', () => {
    const state = merge([row(1, add('a')), row(2, drop('a', stamp(1))), row(3, drop('a', stamp(1)))])
    expect(elementsOf(state.cells[1])).toEqual([])
    expect(elementsOf(apply(state, row(4, add('a'))).cells[1])).toEqual(['a'])
  })

  test('a remove has to name live tags only: none that wait for their add', () => {
    const state = merge([row(3, drop('a', stamp(1))), row(2, add('a'))])
    expect(tagsOf(state.cells[1], 'a')).toEqual([stamp(2)])
    expect(tagsOf(state.cells[1], 'b')).toEqual([])
    expect(tagsOf(undefined, 'a')).toEqual([])
  })

  test('naming an element or a tag twice in one change counts once', () => {
    const twice = merge([row(1, add('a', 'a'))])
    expect(elementsOf(twice.cells[1])).toEqual(['a'])
    const removed = apply(twice, row(2, drop('a', stamp(1), stamp(1))))
    expect(removed.cells[1]).toEqual({ kind: 'set', elements: {} })
  })

  test('values read in the order of their canonical text, whatever their type', () => {
    const state = merge([row(1, add('b', 10, 9, '__proto__', 'a'))])
    expect(cellValue(state.cells[1] as NonNullable<(typeof state.cells)[1]>)).toEqual([
      '__proto__',
      'a',
      'b',
      10,
      9,
    ])
  })
})

describe('json', () => {
  const put = (path: string, value: Json): Op => ({
    field: 1,
    kind: 'json',
    set: [{ path, value }],
    remove: [],
  })
  const drop = (...remove: string[]): Op => ({ field: 1, kind: 'json', set: [], remove })
  const reads = (...changes: readonly Change[]) => {
    const [first, ...others] = [changes, changes.toReversed()].map(order => merge(order).cells[1])
    for (const other of others) expect(other).toEqual(first)
    return first?.kind === 'json' ? { reads: cellValue(first), keeps: Object.keys(first.paths).sort() } : null
  }

  test.each<[string, readonly Change[], Json, readonly string[]]>([
    ['other places stay', [row(1, put('/a', 1)), row(2, put('/b', 2))], { a: 1, b: 2 }, ['/a', '/b']],
    ['the later of two at one place', [row(1, put('/a', 1)), row(2, put('/a', 2))], { a: 2 }, ['/a']],
    ['what is around replaces it', [row(1, put('/a/x', 1)), row(2, put('/a', 2))], { a: 2 }, ['/a']],
    [
      'what is inside stays in it',
      [row(1, put('/a', { x: 1, y: 1 })), row(2, put('/a/x', 2))],
      { a: { x: 2, y: 1 } },
      ['/a', '/a/x'],
    ],
    [
      'and makes an object of it',
      [row(1, put('/a', [1])), row(2, put('/a/x/y', 2))],
      { a: { x: { y: 2 } } },
      ['/a', '/a/x/y'],
    ],
    ['removed', [row(1, put('/a', { x: 1 })), row(2, drop('/a/x'))], { a: {} }, ['/a', '/a/x']],
    ['removed and back', [row(1, drop('/a')), row(2, put('/a', 1))], { a: 1 }, ['/a']],
    ['all anew forgets', [row(1, drop('/a', '/b')), row(2, put('', { c: 1 }))], { c: 1 }, ['']],
    [
      'names alike',
      [row(1, put('/a', { b: 1 })), row(2, put('/ab', 2))],
      { a: { b: 1 }, ab: 2 },
      ['/a', '/ab'],
    ],
    [
      'a name with a slash',
      [row(1, put('/a/b', 1)), row(2, put('/a~1b', 2))],
      { a: { b: 1 }, 'a/b': 2 },
      ['/a/b', '/a~1b'],
    ],
  ])('%s', (_, changes, document, keeps) => {
    expect(reads(...changes)).toEqual({ reads: document, keeps })
  })
})

describe('edge', () => {
  const key = edgeKey('film_1', 'tag_1')
  const edge = (ms: number, add: boolean, ...remove: string[]) =>
    changeOf(stamp(ms), key, [{ field: 0, kind: 'edge', add, remove }])

  test('can be linked again after it was unlinked', () => {
    const unlinked = merge([edge(1, true), edge(2, false, stamp(1))])
    expect(visible(unlinked)).toBe(false)
    expect(visible(apply(unlinked, edge(3, true)))).toBe(true)
  })

  test('a link at the same time as an unlink stays', () => {
    const state = merge([edge(1, true), edge(2, false, stamp(1)), edge(2 + 1, true)])
    expect(visible(state)).toBe(true)
    expect(tagsOf(state.cells[0])).toEqual([stamp(3)])
  })
})

describe('life', () => {
  test('ops that come before their create wait, hidden', () => {
    const early = merge([row(2, set('x'))])
    expect(visible(early)).toBe(false)
    const born = apply(early, row(1, CREATE))
    expect(visible(born)).toBe(true)
    expect(born.cells[1]).toMatchObject({ value: 'x' })
  })

  test('genesis is the smallest create', () => {
    expect(merge([row(3, CREATE), row(1, CREATE), row(2, CREATE)]).born).toBe(stamp(1))
  })

  test('a delete wins over later updates and creates', () => {
    const dead = merge([row(1, CREATE), row(2, DELETE)])
    expect(merge([row(3, set('late')), row(4, CREATE)], dead)).toBe(dead)
  })
})

test('of kinds that quarrel over one field the greatest name wins, in any order', () => {
  const counter = row(9, { field: 1, kind: 'counter', by: '1' })
  const register = row(5, set('x'))
  for (const order of [
    [counter, register],
    [register, counter],
  ]) {
    expect(merge(order).cells[1]).toMatchObject({ kind: 'register', value: 'x' })
  }
})

test('clocksOf gives the clocks that a change of these fields overwrites', () => {
  const put: Op = { field: 5, kind: 'json', set: [{ path: '/a', value: 1 }], remove: ['/b'] }
  const state = merge([
    row(1, set('a', 1), { field: 3, kind: 'counter', by: '1' }),
    row(2, set('b', 2)),
    row(3, put),
  ])
  expect(clocksOf(state, [1, 2, 3, 4])).toEqual([stamp(1), stamp(2)])
  expect(clocksOf(state, [5])).toEqual([stamp(3), stamp(3)])
})

function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const member of Object.values(value)) frozen(member)
  }
  return value
}
