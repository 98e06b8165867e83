import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Json } from '../json.ts'
import { changeBytes } from './bytes.ts'
import type { Change, Op } from './change.ts'
import { hlcOf } from './clock.ts'
import { GOLDEN } from './golden.fixture.ts'
import { changeOf, history } from './history.suite.ts'
import { MAX_CHANGE_BYTES, parseChange } from './parse.ts'

const id = hlcOf({ ms: 5, counter: 0, replica: 1n })
const tag = hlcOf({ ms: 4, counter: 0, replica: 1n })
const good = changeOf(id, 'film_1', [{ field: 1, kind: 'register', value: 'x' }])

function ops(...list: unknown[]): unknown {
  return { ...good, ops: list }
}

function onEdge(...list: unknown[]): unknown {
  return { ...good, key: 'film_1|tag_1', ops: list }
}

/** As it comes over the wire, where `__proto__` is a member like any other. */
function wire(text: string): unknown {
  return JSON.parse(JSON.stringify(good).replace('"x"', text))
}

describe('a change comes back from its bytes', () => {
  test.each(GOLDEN)('$what', ({ change }) => {
    expect(back(change)).toEqual(change)
  })

  test('whatever authors make', () => {
    fc.assert(
      fc.property(history, changes => {
        for (const change of changes) expect(back(change)).toEqual(change)
      }),
    )
  })

  test('with any JSON in a register', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4, noUnicodeString: false }), value => {
        fc.pre(!/\\u0000|\\ud[89a-f]|__proto__/.test(JSON.stringify(value)))
        const change = changeOf(id, 'film_1', [{ field: 1, kind: 'register', value: plain(value as Json) }])
        expect(back(change)).toEqual(change)
      }),
      { numRuns: 300 },
    )
  })
})

describe('refuses', () => {
  const register = { field: 1, kind: 'register', value: 'x' }
  test.each<[string, unknown, string]>([
    ['nothing', undefined, ''],
    ['null', null, ''],
    ['a list', [], ''],
    ['an object with a nature of its own', Object.assign(new Map(), good), ''],
    ['an unknown member', { ...good, extra: 1 }, 'extra'],
    [
      'a member called __proto__',
      JSON.parse(JSON.stringify(good).replace('{', '{"__proto__":{},')),
      '__proto__',
    ],
    ['a missing member', omit('base'), 'base'],
    ['an inherited member', { ...omit('by'), __proto__: { by: 'x' } }, ''],
    ['another version', { ...good, v: 2 }, 'v'],
    ['an id that is no HLC', { ...good, id: `U${id.slice(1)}` }, 'id'],
    ['no tenant', { ...good, tenant: '' }, 'tenant'],
    ['a tenant without end', { ...good, tenant: 'x'.repeat(257) }, 'tenant'],
    ['a tenant with NUL', { ...good, tenant: 'a\0' }, 'tenant'],
    ['entity 0', { ...good, entity: 0 }, 'entity'],
    ['an entity beyond 31 bits', { ...good, entity: 2 ** 31 }, 'entity'],
    ['an entity as text', { ...good, entity: '1' }, 'entity'],
    ['a key that is no id', { ...good, key: 'film' }, 'key'],
    ['an edge key with three ends', { ...good, key: 'a_1|b_1|c_1' }, 'key'],
    ['a half base', { ...good, base: { log: 'l' } }, 'base.seq'],
    ['a negative base', { ...good, base: { log: 'l', seq: -1 } }, 'base.seq'],
    ['a fraction as n', { ...good, mutation: { client: 'c', n: 0.5, index: 0 } }, 'mutation.n'],
    ['n beyond 2^53', { ...good, mutation: { client: 'c', n: 2 ** 53, index: 0 } }, 'mutation.n'],
    ['no ops', ops(), 'ops'],
    ['ops that are no list', { ...good, ops: { 0: register } }, 'ops'],
    ['an op that is no object', ops('x'), 'ops.0.kind'],
    ['an unknown kind', ops({ ...register, kind: 'serial' }), 'ops.0.kind'],
    ['a text without bytes', ops({ field: 1, kind: 'text', update: '' }), 'ops.0.update'],
    ['a text that is not base64url', ops({ field: 1, kind: 'text', update: 'AA==' }), 'ops.0.update'],
    [
      'a text update over 256 kB',
      ops({ field: 1, kind: 'text', update: 'A'.repeat(349_527) }),
      'ops.0.update',
    ],
    ['a kind that every object has', ops({ ...register, kind: 'constructor' }), 'ops.0.kind'],
    ['an unknown member of an op', ops({ ...register, at: id }), 'ops.0.at'],
    ['field 0 of a register', ops({ ...register, field: 0 }), 'ops.0.field'],
    ['a create of field 1', ops({ field: 1, kind: 'create' }), 'ops.0.field'],
    ['a field twice', ops(register, register), 'ops.1.field'],
    ['unsorted fields', ops({ ...register, field: 2 }, register), 'ops.1.field'],
    ['a delete in company', ops({ field: 0, kind: 'delete' }, register), 'ops.0'],
    ['the creation of an edge', onEdge({ field: 0, kind: 'create' }), 'ops.0.kind'],
    ['an edge op on a row', ops({ field: 0, kind: 'edge', add: true, remove: [] }), 'ops.0.kind'],
    ['an edge op without its verb', onEdge({ field: 0, kind: 'edge', remove: [] }), 'ops.0.add'],
    ['an edge op of text', onEdge({ field: 0, kind: 'edge', add: 'yes', remove: [] }), 'ops.0.add'],
    ['a tag that is no HLC', onEdge({ field: 0, kind: 'edge', add: false, remove: ['x'] }), 'ops.0.remove.0'],
    ['a tag twice', onEdge({ field: 0, kind: 'edge', add: false, remove: [tag, tag] }), 'ops.0.remove.1'],
    [
      'its own id as tag of an edge',
      onEdge({ field: 0, kind: 'edge', add: true, remove: [id] }),
      'ops.0.remove',
    ],
    ['a delta as number', ops({ field: 1, kind: 'counter', by: 1 }), 'ops.0.by'],
    ['a delta with a plus', ops({ field: 1, kind: 'counter', by: '+1' }), 'ops.0.by'],
    ['a delta of -0', ops({ field: 1, kind: 'counter', by: '-0' }), 'ops.0.by'],
    ['a delta with a leading zero', ops({ field: 1, kind: 'counter', by: '01' }), 'ops.0.by'],
    ['a delta in hex', ops({ field: 1, kind: 'counter', by: '0x1' }), 'ops.0.by'],
    ['a delta of 65 bits', ops({ field: 1, kind: 'counter', by: '9223372036854775808' }), 'ops.0.by'],
    ['an element twice', ops({ field: 1, kind: 'set', add: ['a', 'b', 'a'], remove: [] }), 'ops.0.add.2'],
    [
      'an element removed twice',
      ops({
        field: 1,
        kind: 'set',
        add: [],
        remove: [
          { element: 'a', tags: [tag] },
          { element: 'a', tags: [] },
        ],
      }),
      'ops.0.remove.1',
    ],
    [
      'its own id as tag of an element',
      ops({ field: 1, kind: 'set', add: ['a'], remove: [{ element: 'a', tags: [id] }] }),
      'ops.0.remove',
    ],
    ['a value of undefined', ops({ ...register, value: undefined }), 'ops.0.value'],
    ['a value that is no number', ops({ ...register, value: Number.NaN }), 'ops.0.value'],
    ['a value that JSON does not know', ops({ ...register, value: 1n }), 'ops.0.value'],
    ['a date', ops({ ...register, value: new Date(0) }), 'ops.0.value'],
    ['NUL in a value', ops({ ...register, value: ['a\0b'] }), 'ops.0.value.0'],
    ['half a character in a value', ops({ ...register, value: { a: '\ud800' } }), 'ops.0.value.a'],
    ['half a character in a name', ops({ ...register, value: { '\udc00': 1 } }), 'ops.0.value.\udc00'],
    ['__proto__ in a value', wire('{"a":{"__proto__":1}}'), 'ops.0.value.a.__proto__'],
    ['a value nested too deep', wire(`${'['.repeat(34)}${']'.repeat(34)}`), `ops.0.value${'.0'.repeat(32)}`],
    ['more than 8 MB', ops({ ...register, value: 'x'.repeat(MAX_CHANGE_BYTES) }), ''],
  ])('%s', (_, value, path) => {
    expect(parseChange(value)).toMatchObject({ code: 'BAD_CHANGE', path: path === '' ? [] : path.split('.') })
  })

  test('whatever is thrown at it, without throwing', () => {
    const members = Object.keys(good)
    const op: Op = { field: 1, kind: 'set', add: [], remove: [] }
    fc.assert(
      fc.property(fc.constantFrom(...members, ...Object.keys(op)), fc.anything(), (member, junk) => {
        const value = members.includes(member) ? { ...good, [member]: junk } : ops({ ...op, [member]: junk })
        const result = parseChange(value)
        if ('code' in result) expect(result.code).toBe('BAD_CHANGE')
        else expect(changeBytes(back(result) as Change)).toEqual(changeBytes(result))
      }),
      { numRuns: 1_000 },
    )
  })

  test.each(Object.keys(good))('a change without %s', member => {
    expect(parseChange(omit(member))).toMatchObject({ code: 'BAD_CHANGE', path: [member] })
  })
})

function back(change: Change): unknown {
  return parseChange(JSON.parse(new TextDecoder().decode(changeBytes(change))))
}

function omit(member: string): object {
  return Object.fromEntries(Object.entries(good).filter(([name]) => name !== member))
}

/** Without what JSON does not carry: -0, and objects without a prototype. */
function plain(value: Json): Json {
  return JSON.parse(JSON.stringify(value))
}
