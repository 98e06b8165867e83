import { randomFillSync } from 'node:crypto'

/** So many bytes are asked for at once: each time costs a call of the system, which an id of ten bytes is not worth. */
const POOL = 4_096

/** Cryptographic randomness; no byte is given twice, and what was given is not kept. */
export function pooledRandom(): (bytes: number) => Uint8Array {
  const pool = new Uint8Array(POOL)
  let used = POOL
  return bytes => {
    if (bytes > POOL) return randomFillSync(new Uint8Array(bytes))
    if (used + bytes > POOL) {
      randomFillSync(pool)
      used = 0
    }
    const given = pool.slice(used, used + bytes)
    pool.fill(0, used, used + bytes)
    used += bytes
    return given
  }
}
