import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { sha256Hex } from '../hash.ts'
import { canonical, type Json } from '../json.ts'
import { REFUSALS } from './codes.ts'
import { frameReader, frameWriter } from './frame.ts'
import { CLIENT_MESSAGES, SERVER_MESSAGES } from './message.fixture.ts'
import { MAX_FRAME, MAX_SHAPES, SYNC_VERSION } from './message.ts'
import { parseClientMessage, parseServerMessage } from './parse.ts'

test('golden: the messages are a decision, of this version', () => {
  const sample = { version: SYNC_VERSION, client: CLIENT_MESSAGES, server: SERVER_MESSAGES, codes: REFUSALS }
  expect(sha256Hex(canonical(sample as unknown as Json))).toBe(
    'd5a127bbdf03d69a3373a90644c5b0011292a4102414057c5f5a505a1240b96a',
  )
})

describe.each([
  ['a replica', CLIENT_MESSAGES, parseClientMessage],
  ['a gateway', SERVER_MESSAGES, parseServerMessage],
] as const)('messages of %s', (_, messages, parse) => {
  test.each(Object.entries(messages))('%s is read as it was written', (_, message) => {
    expect(parse(JSON.parse(JSON.stringify(message)))).toEqual(message)
  })

  test.each(Object.entries(messages))(
    '%s is refused with a member less or more, or another type',
    (_, message) => {
      expect(parse({ ...message, more: 1 })).toMatchObject({ code: 'BAD_MESSAGE', path: ['more'] })
      for (const name of Object.keys(message)) {
        if (name === 'kind') continue
        const { [name]: _, ...less } = message as { readonly [name: string]: unknown }
        expect(parse(less)).toMatchObject({ code: expect.stringMatching(/^(BAD_MESSAGE|VERSION)$/) })
        if (name === 'work') continue
        expect(parse({ ...message, [name]: -1.5 })).toMatchObject({ path: expect.arrayContaining([name]) })
      }
    },
  )

  test('garbage of any form is a problem, never an exception', () => {
    fc.assert(
      fc.property(
        fc.jsonValue(),
        fc.constantFrom(...Object.keys(messages), '__proto__', 'constructor'),
        (value, kind) => {
          const given = typeof value === 'object' && value !== null ? { more: 1, ...value, kind } : value
          expect(parse(given)).toHaveProperty('code')
        },
      ),
    )
  })
})

test('another version is named as such, whatever else is in it', () => {
  expect(parseClientMessage({ kind: 'hello', version: 2, secret: 1 })).toMatchObject({ code: 'VERSION' })
  expect(parseServerMessage({ kind: 'welcome', version: 0 })).toMatchObject({ code: 'VERSION' })
})

test('a follow names a bounded number of shapes', () => {
  const follow = (shapes: number) =>
    parseClientMessage({
      ...CLIENT_MESSAGES.follow,
      since: null,
      shapes: Array.from({ length: shapes }, () => null),
    })
  expect(follow(MAX_SHAPES)).toHaveProperty('kind')
  expect(follow(MAX_SHAPES + 1)).toMatchObject({ code: 'BAD_MESSAGE', path: ['shapes'] })
  const none = parseClientMessage({ ...CLIENT_MESSAGES.follow, shapes: [] })
  expect(none).toMatchObject({ code: 'BAD_MESSAGE', path: ['since', 'loaded'] })
})

describe('frames', () => {
  const frames = (count: number): readonly string[] => {
    const write = frameWriter()
    return Array.from({ length: count }, (_, i) => write(JSON.stringify({ i })))
  }
  const read = (list: readonly string[]) => {
    const reader = frameReader()
    return list.map(frame => reader(frame))
  }

  test('in order they give what was written', () => {
    expect(read(frames(12))).toEqual(Array.from({ length: 12 }, (_, i) => ({ ok: true, value: { i } })))
  })

  test('one that was lost, repeated, overtaken or cut is refused', () => {
    const [a = '', b = '', c = ''] = frames(3)
    const bad = { ok: false, problem: { code: 'BAD_FRAME' } }
    expect(read([a, c])[1]).toMatchObject(bad)
    expect(read([a, a])[1]).toMatchObject(bad)
    expect(read([b])[0]).toMatchObject(bad)
    expect(read([a, b.slice(0, -1)])[1]).toMatchObject(bad)
    expect(read([a.slice(1)])[0]).toMatchObject(bad)
    expect(read([''])[0]).toMatchObject(bad)
    expect(read([`1 "${'x'.repeat(MAX_FRAME)}"`])[0]).toMatchObject(bad)
  })
})
