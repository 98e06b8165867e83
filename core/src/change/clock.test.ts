import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  compareHlc,
  createClock,
  type Hlc,
  hlcMs,
  hlcOf,
  hlcToUuid,
  isAhead,
  isHlc,
  MAX_COUNTER,
  MAX_MS,
  parseHlc,
  replicaId,
  uuidToHlc,
} from './clock.ts'

const parts = fc.record({
  ms: fc.oneof(fc.constantFrom(0, 1, MAX_MS), fc.nat(3), fc.integer({ min: 0, max: MAX_MS })),
  counter: fc.oneof(fc.constantFrom(0, 1, MAX_COUNTER), fc.nat(MAX_COUNTER)),
  replica: fc.oneof(
    fc.constantFrom(0n, 1n, 2n ** 60n, 2n ** 64n - 1n),
    fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  ),
})

describe('an HLC', () => {
  test('is big-endian: ms, counter, replica', () => {
    const text = hlcOf({ ms: 0x0192_0304_0506, counter: 0x0708, replica: 0x090a_0b0c_0d0e_0f10n })
    expect(hlcToUuid(text)).toBe('01920304-0506-0708-090a-0b0c0d0e0f10')
    expect(text).toBe('01J81G81860W40J2GB1G6GW3RG')
  })

  test('gives back what it was made of', () => {
    fc.assert(
      fc.property(parts, made => {
        const text = hlcOf(made)
        expect(isHlc(text)).toBe(true)
        expect(parseHlc(text)).toEqual(made)
        expect(hlcMs(text)).toBe(made.ms)
        expect(uuidToHlc(hlcToUuid(text))).toBe(text)
        expect(BigInt(`0x${hlcToUuid(text).replaceAll('-', '')}`)).toBe(
          (BigInt(made.ms) << 80n) | (BigInt(made.counter) << 64n) | made.replica,
        )
      }),
      { numRuns: 500 },
    )
  })

  test('orders by time, then counter, then replica: as text, as uuid, as bytes', () => {
    fc.assert(
      fc.property(parts, parts, (a, b) => {
        const order =
          sign(a.ms - b.ms) || sign(a.counter - b.counter) || sign(Number(a.replica > b.replica) * 2 - 1)
        const expected = a.ms === b.ms && a.counter === b.counter && a.replica === b.replica ? 0 : order
        const [left, right] = [hlcOf(a), hlcOf(b)]
        expect(compareHlc(left, right)).toBe(expected)
        expect(left < right).toBe(expected < 0)
        expect(compareHlc(hlcToUuid(left), hlcToUuid(right))).toBe(expected)
        expect(sign(Buffer.compare(bytesOf(left), bytesOf(right)))).toBe(expected)
      }),
      { numRuns: 500 },
    )
  })

  test.each([
    { ms: -1, counter: 0, replica: 0n },
    { ms: MAX_MS + 1, counter: 0, replica: 0n },
    { ms: 0.5, counter: 0, replica: 0n },
    { ms: Number.NaN, counter: 0, replica: 0n },
    { ms: 0, counter: -1, replica: 0n },
    { ms: 0, counter: MAX_COUNTER + 1, replica: 0n },
    { ms: 0, counter: 0, replica: -1n },
    { ms: 0, counter: 0, replica: 2n ** 64n },
  ])('is not made of $ms, $counter, $replica', bad => {
    expect(() => hlcOf(bad)).toThrow(RangeError)
  })

  test.each([
    undefined,
    null,
    7,
    {},
    '',
    `8${'0'.repeat(25)}`,
    '0'.repeat(25),
    `${'0'.repeat(26)}\n`,
    '01j8c0g1860w40j2gb1g6gw3rg',
    `${'0'.repeat(25)}O`,
  ])('is not %j', value => {
    expect(isHlc(value)).toBe(false)
    expect(() => parseHlc(value as Hlc)).toThrow(RangeError)
    expect(() => hlcToUuid(String(value))).toThrow(RangeError)
  })

  test.each([
    '',
    '01920304050607080090a0b0c0d0e0f1',
    '01920304-0506-0708-090A-0b0c0d0e0f10',
    '01920304-0506-0708-090a-0b0c0d0e0f1',
    '{01920304-0506-0708-090a-0b0c0d0e0f10}',
    '0192-03040506-0708-090a-0b0c0d0e0f10',
  ])('is not read from %j', uuid => {
    expect(() => uuidToHlc(uuid)).toThrow(RangeError)
  })
})

describe('a clock', () => {
  type Event =
    | { readonly kind: 'stamp'; readonly time: number; readonly above: readonly Hlc[] }
    | { readonly kind: 'observe'; readonly hlc: Hlc }
    | { readonly kind: 'offset'; readonly ms: number }

  const near = fc
    .record({
      ms: fc.integer({ min: 90, max: 110 }),
      counter: fc.constantFrom(0, 1, MAX_COUNTER - 1, MAX_COUNTER),
      replica: fc.constantFrom(0n, 5n, 2n ** 64n - 1n),
    })
    .map(hlcOf)
  const event: fc.Arbitrary<Event> = fc.oneof(
    fc.record({
      kind: fc.constant('stamp' as const),
      time: fc.integer({ min: 80, max: 120 }),
      above: fc.array(near, { maxLength: 2 }),
    }),
    fc.record({ kind: fc.constant('observe' as const), hlc: near }),
    fc.record({ kind: fc.constant('offset' as const), ms: fc.integer({ min: -30, max: 30 }) }),
  )

  test('stamps above all it gave, all it observed and all it was told, whatever its device does', () => {
    fc.assert(
      fc.property(
        fc.array(event, { maxLength: 40 }),
        fc.constantFrom(0n, 5n, 2n ** 64n - 1n),
        (events, replica) => {
          let time = 100
          const clock = createClock({ now: () => time, replica })
          const met: Hlc[] = []
          for (const event of events) {
            if (event.kind === 'offset') clock.learnOffset(event.ms)
            else if (event.kind === 'observe') {
              clock.observe(event.hlc)
              met.push(event.hlc)
            } else {
              time = event.time
              const given = clock.stamp(event.above)
              for (const other of [...met, ...event.above]) expect(given > other).toBe(true)
              expect(parseHlc(given).replica).toBe(replica)
              met.push(given, ...event.above)
            }
            expect(clock.last()).toBe([...met].sort().at(-1) ?? null)
          }
        },
      ),
      { numRuns: 500 },
    )
  })

  test('a counter that is full carries into the ms', () => {
    const full = hlcOf({ ms: 100, counter: MAX_COUNTER, replica: 7n })
    const clock = createClock({ now: () => 50, replica: 3n, last: full })
    expect(parseHlc(clock.stamp())).toEqual({ ms: 101, counter: 0, replica: 3n })
    expect(parseHlc(clock.stamp())).toEqual({ ms: 101, counter: 1, replica: 3n })
  })

  test('makes 70,000 stamps in one frozen millisecond, all different and in order', () => {
    const clock = createClock({ now: () => 100, replica: 3n })
    let previous = clock.stamp()
    for (let i = 0; i < 70_000; i++) {
      const next = clock.stamp()
      if (next <= previous) expect.fail(`${next} after ${previous}`)
      previous = next
    }
    expect(parseHlc(previous)).toEqual({ ms: 101, counter: 70_000 - MAX_COUNTER - 1, replica: 3n })
  })

  test('that steps back goes on from its last stamp, and leaves it once time has caught up', () => {
    let time = 1_000
    const clock = createClock({ now: () => time, replica: 1n })
    clock.stamp()
    time = 10
    expect(parseHlc(clock.stamp())).toMatchObject({ ms: 1_000, counter: 1 })
    time = 1_001
    expect(parseHlc(clock.stamp())).toMatchObject({ ms: 1_001, counter: 0 })
  })

  test('goes on from the value that was persisted', () => {
    const first = createClock({ now: () => 1_000, replica: 9n })
    const last = first.stamp()
    const second = createClock({ now: () => 1_000, replica: 1n, last: first.last() })
    expect(second.last()).toBe(last)
    expect(second.stamp() > last).toBe(true)
  })

  test('adds the learnt offset to the device time', () => {
    const clock = createClock({ now: () => 1_000.9, replica: 1n })
    clock.learnOffset(-400)
    expect(hlcMs(clock.stamp())).toBe(600)
    clock.learnOffset(500)
    expect(hlcMs(clock.stamp())).toBe(1_500)
    expect(() => clock.learnOffset(Number.NaN)).toThrow(RangeError)
  })

  test('takes one stamp as `above` too, and does not go below 1970', () => {
    const clock = createClock({ now: () => -5, replica: 1n })
    expect(hlcMs(clock.stamp())).toBe(0)
    const above = hlcOf({ ms: 77, counter: 3, replica: 2n })
    expect(parseHlc(clock.stamp(above))).toEqual({ ms: 77, counter: 4, replica: 1n })
    expect(parseHlc(clock.stamp(null))).toEqual({ ms: 77, counter: 5, replica: 1n })
  })

  test('throws, and keeps nothing, when there is no greater stamp or no time', () => {
    const last = hlcOf({ ms: MAX_MS, counter: MAX_COUNTER, replica: 0n })
    const clock = createClock({ now: () => 0, replica: 1n, last })
    expect(() => clock.stamp()).toThrow(RangeError)
    expect(clock.last()).toBe(last)
    expect(() => clock.observe('nonsense')).toThrow(RangeError)
    expect(() => createClock({ now: () => 0, replica: 1n, last: 'nonsense' })).toThrow(RangeError)
    expect(() => createClock({ now: () => Number.NaN, replica: 1n }).stamp()).toThrow(RangeError)
  })
})

test('a stamp is ahead only beyond the limit, and never when it is old', () => {
  const at = (ms: number) => hlcOf({ ms, counter: 0, replica: 0n })
  expect(isAhead(at(61_000), 1_000)).toBe(false)
  expect(isAhead(at(61_001), 1_000)).toBe(true)
  expect(isAhead(at(0), 10 ** 12)).toBe(false)
  expect(isAhead(at(12), 1, 10)).toBe(true)
})

test('a replica id is the 64 bits that chance gave', () => {
  expect(replicaId(count => Uint8Array.from({ length: count }, (_, i) => i + 1))).toBe(0x0102030405060708n)
  expect(replicaId(count => new Uint8Array(count).fill(255))).toBe(2n ** 64n - 1n)
})

function bytesOf(text: Hlc): Buffer {
  return Buffer.from(hlcToUuid(text).replaceAll('-', ''), 'hex')
}

function sign(value: number): number {
  return value < 0 ? -1 : value > 0 ? 1 : 0
}
