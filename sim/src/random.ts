/** Chance that a seed decides. Equal seeds draw equally on every machine. */
export interface Random {
  /** In [0, 1). */
  next(): number
  /** An integer in [0, n). */
  below(n: number): number
  /** A number in [low, high). */
  between(low: number, high: number): number
  chance(probability: number): boolean
  /** Throws on an empty list: a bug of the caller. */
  pick<T>(items: readonly T[]): T
  /** A subset, in order; each item with this probability. */
  some<T>(items: readonly T[], probability: number): readonly T[]
  bytes(length: number): Uint8Array
  /**
   * Chance of its own for one part of a history: what the others draw does not shift it, so that a history keeps its
   * course when a part of it is taken away.
   */
  fork(label: string): Random
}

export function createRandom(seed: number, label = ''): Random {
  const draw = sfc32(hash(`${seed}/${label}`))
  const below = (n: number): number => Math.floor(draw() * n)
  return {
    next: draw,
    below,
    between: (low, high) => low + draw() * (high - low),
    chance: probability => draw() < probability,
    pick: items => {
      if (items.length === 0) throw new RangeError('Nothing to pick from')
      return items[below(items.length)] as (typeof items)[number]
    },
    some: (items, probability) => items.filter(() => draw() < probability),
    bytes: length => Uint8Array.from({ length }, () => below(256)),
    fork: name => createRandom(seed, `${label}/${name}`),
  }
}

/** Four words from a text: FNV-1a with four starts, mixed as in MurmurHash3. */
function hash(text: string): readonly number[] {
  return [0x811c9dc5, 0x9747b28c, 0x3c6ef372, 0xa54ff53a].map(start => {
    let word = start
    for (let i = 0; i < text.length; i++) word = Math.imul(word ^ text.charCodeAt(i), 0x01000193)
    word = Math.imul(word ^ (word >>> 16), 0x85ebca6b)
    word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35)
    return (word ^ (word >>> 16)) >>> 0
  })
}

/** Chris Doty-Humphrey's "Small Fast Counting" generator of PractRand: 128 bits of state. */
function sfc32([a = 0, b = 0, c = 0, d = 0]: readonly number[]): () => number {
  return () => {
    const sum = (((a + b) | 0) + d) | 0
    d = (d + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + sum) | 0
    return (sum >>> 0) / 2 ** 32
  }
}
