import { decode128, digit, digits, encode128 } from './base32.ts'

/**
 * A hybrid logical clock's stamp (Kulkarni et al., "Logical Physical Clocks", 2014): 48-bit ms, 16-bit counter,
 * 64-bit replica id, big-endian, as 26 characters of Crockford base32 (a ULID). Byte order = time order = order
 * of the text by `<` = order of the `uuid` in Postgres.
 */
export type Hlc = string

export interface HlcParts {
  /** Milliseconds since 1970. */
  readonly ms: number
  readonly counter: number
  readonly replica: bigint
}

export const MAX_MS = 2 ** 48 - 1
export const MAX_COUNTER = 2 ** 16 - 1
const MAX_REPLICA = 2n ** 64n - 1n

/** Throws a RangeError for parts that do not fit: a bug of the caller. */
export function hlcOf({ ms, counter, replica }: HlcParts): Hlc {
  return head(ms, counter, replicaLead(replica)) + replicaTail(replica)
}

/** Throws a RangeError for anything but an HLC; test strangers' text with `isHlc` first. */
export function parseHlc(text: Hlc): HlcParts {
  if (!isHlc(text)) throw notHlc(text)
  const middle = number(text, 10, 14)
  let replica = BigInt(middle & 15)
  for (let i = 14; i < 26; i++) replica = (replica << 5n) | BigInt(digit(text, i))
  return { ms: hlcMs(text), counter: middle >>> 4, replica }
}

/** Strict: 26 upper-case characters, no more than 128 bits. */
export function isHlc(value: unknown): value is Hlc {
  return typeof value === 'string' && /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/.test(value)
}

/** The physical part, ms since 1970. */
export function hlcMs(hlc: Hlc): number {
  return number(hlc, 0, 10)
}

/** -1, 0 or 1; for `sort`. */
export function compareHlc(a: Hlc, b: Hlc): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** The same 128 bits as Postgres prints a `uuid`: lower-case hex, 8-4-4-4-12. Throws a RangeError if it is no HLC. */
export function hlcToUuid(hlc: Hlc): string {
  const bytes = decode128(hlc)
  if (!bytes) throw notHlc(hlc)
  let uuid = ''
  for (let i = 0; i < bytes.length; i++) {
    if (i === 4 || i === 6 || i === 8 || i === 10) uuid += '-'
    uuid += HEX[bytes[i] as number]
  }
  return uuid
}

/** The inverse of `hlcToUuid`, as strict: throws a RangeError on anything that it would not have written. */
export function uuidToHlc(uuid: string): Hlc {
  if (!/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(uuid)) {
    throw new RangeError(`Not a uuid: ${JSON.stringify(uuid)}`)
  }
  const hex = uuid.replaceAll('-', '')
  const bytes = new Uint8Array(16)
  for (let i = 0; i < 16; i++) bytes[i] = Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16)
  return encode128(bytes)
}

/**
 * Whether a stamp is too far in the future to be accepted (`CLOCK_AHEAD`). `now` is the judge's own clock, in ms;
 * exactly `limitMs` ahead is still fine.
 */
export function isAhead(hlc: Hlc, now: number, limitMs = 60_000): boolean {
  return hlcMs(hlc) - now > limitMs
}

/** A fresh replica id: 64 random bits. Every process and every tab load takes one of its own. */
export function replicaId(random: (bytes: number) => Uint8Array): bigint {
  let id = 0n
  for (const byte of random(8)) id = (id << 8n) | BigInt(byte)
  return id
}

/** Makes stamps. Holds the greatest stamp it gave or met; the host persists `last()`. */
export interface Clock {
  /**
   * A stamp strictly greater than every one this clock gave, every one it observed, and all of `above`: the
   * field clocks that the change overwrites, so that a slow device's edit wins over what it replaces.
   * Throws a RangeError past the year 10889 (48 bits of ms), so check strangers' stamps with `isAhead` first.
   */
  stamp(above?: Iterable<Hlc> | Hlc | null): Hlc
  /** A stamp of another replica: later ones of ours are greater. Throws a RangeError if it is no HLC. */
  observe(hlc: Hlc): void
  /** The greatest stamp given or met; null on a new clock. */
  last(): Hlc | null
  /**
   * Server time minus device time, in ms, replacing what was learnt before. It does not lower what was already
   * given: to restamp after `CLOCK_AHEAD` make a new clock, with a fresh replica id and
   * the gateway's greatest stamp as its `last`.
   */
  learnOffset(ms: number): void
}

export interface ClockOptions {
  /** The device's clock, ms since 1970; may step back. */
  readonly now: () => number
  readonly replica: bigint
  /** The persisted `last()` of this device, or of the log. */
  readonly last?: Hlc | null
}

export function createClock({ now, replica, last = null }: ClockOptions): Clock {
  const lead = replicaLead(replica)
  const tail = replicaTail(replica)
  let offset = 0
  let floor: Hlc | null = null
  let ms = -1
  let counter = 0

  const raise = (hlc: Hlc) => {
    if (!isHlc(hlc)) throw notHlc(hlc)
    if (floor !== null && hlc <= floor) return
    floor = hlc
    ms = hlcMs(hlc)
    counter = number(hlc, 10, 14) >>> 4
  }
  if (last !== null) raise(last)

  return {
    stamp(above) {
      if (typeof above === 'string') raise(above)
      else if (above) for (const hlc of above) raise(hlc)
      const time = Math.max(0, Math.floor(now() + offset))
      if (Number.isNaN(time)) throw new RangeError('The device clock gave no number')
      let nextMs = ms
      let nextCounter = counter + 1
      if (time > ms) {
        nextMs = time
        nextCounter = 0
      } else if (nextCounter > MAX_COUNTER) {
        nextMs = ms + 1
        nextCounter = 0
      }
      // May throw (no bits left); nothing is kept then.
      floor = head(nextMs, nextCounter, lead) + tail
      ms = nextMs
      counter = nextCounter
      return floor
    },
    observe: raise,
    last: () => floor,
    learnOffset(learnt) {
      if (!Number.isFinite(learnt)) throw new RangeError(`Not an offset in ms: ${learnt}`)
      offset = learnt
    },
  }
}

// 26 characters split at bits that suit five-bit digits: 10 for the ms, 4 for the counter and the replica's first
// 4 bits, 12 for its other 60. A clock makes the last part once, so a stamp costs no BigInt.

function head(ms: number, counter: number, lead: number): string {
  if (!Number.isInteger(ms) || ms < 0 || ms > MAX_MS)
    throw new RangeError(`Not a time of 48 bits in ms: ${ms}`)
  if (!Number.isInteger(counter) || counter < 0 || counter > MAX_COUNTER) {
    throw new RangeError(`Not a counter of 16 bits: ${counter}`)
  }
  return digits(ms, 10) + digits(counter * 16 + lead, 4)
}

function replicaLead(replica: bigint): number {
  if (replica < 0n || replica > MAX_REPLICA) throw new RangeError(`Not a replica id of 64 bits: ${replica}`)
  return Number(replica >> 60n)
}

function replicaTail(replica: bigint): string {
  return digits(Number((replica >> 30n) & 0x3fffffffn), 6) + digits(Number(replica & 0x3fffffffn), 6)
}

function number(text: string, from: number, to: number): number {
  let value = 0
  for (let i = from; i < to; i++) value = value * 32 + digit(text, i)
  return value
}

const HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

function notHlc(value: unknown): RangeError {
  return new RangeError(`Not an HLC: ${JSON.stringify(value)}`)
}
