/** SHA-256 (FIPS 180-4), 32 bytes. Own code, because a library takes 6% of what a replica may weigh (docs/decisions/307). */
export function sha256(message: Uint8Array): Uint8Array {
  const padded = new Uint8Array(((message.length + 72) >> 6) << 6)
  padded.set(message)
  padded[message.length] = 0x80
  const view = new DataView(padded.buffer)
  view.setUint32(padded.length - 8, message.length / 2 ** 29)
  view.setUint32(padded.length - 4, message.length << 3)
  const hash = Int32Array.from(START)
  const words = new Int32Array(64)
  for (let at = 0; at < padded.length; at += 64) digest(hash, words, view, at)
  for (const [i, word] of hash.entries()) view.setInt32(4 * i, word)
  return padded.slice(0, 32)
}

/** The first 32 bits of the fractions of roots of the first primes: square roots, and cube roots. */
const START = new Int32Array(8)
const ROUNDS = new Int32Array(64)
for (let n = 2, found = 0; found < 64; n++) {
  let isPrime = true
  for (let divisor = 2; divisor * divisor <= n; divisor++) isPrime &&= n % divisor > 0
  if (!isPrime) continue
  START[found] = (n ** (1 / 2) % 1) * 2 ** 32
  ROUNDS[found++] = (n ** (1 / 3) % 1) * 2 ** 32
}

/** Takes in the 64 bytes at `at`; `w` is room for its words. Sums are cut to 32 bits as they grow: that keeps them integers. */
function digest(hash: Int32Array, w: Int32Array, view: DataView, at: number): void {
  for (let i = 0; i < 16; i++) w[i] = view.getInt32(at + 4 * i)
  for (let i = 16; i < 64; i++) {
    const near = w[i - 2] ?? 0
    const far = w[i - 15] ?? 0
    const sum = ((w[i - 16] ?? 0) + (w[i - 7] ?? 0)) | 0
    const turns =
      ((turned(far, 7) ^ turned(far, 18) ^ (far >>> 3)) +
        (turned(near, 17) ^ turned(near, 19) ^ (near >>> 10))) |
      0
    w[i] = sum + turns
  }
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = hash
  for (let i = 0; i < 64; i++) {
    const known = (h + (((ROUNDS[i] ?? 0) + (w[i] ?? 0)) | 0)) | 0
    const first = (known + ((mixed(e, 6, 11, 25) + ((e & f) ^ (~e & g))) | 0)) | 0
    const second = (mixed(a, 2, 13, 22) + ((a & b) ^ (a & c) ^ (b & c))) | 0
    h = g
    g = f
    f = e
    e = (d + first) | 0
    d = c
    c = b
    b = a
    a = (first + second) | 0
  }
  const after = [a, b, c, d, e, f, g, h]
  for (let i = 0; i < 8; i++) hash[i] = (hash[i] ?? 0) + (after[i] ?? 0)
}

function mixed(word: number, one: number, two: number, three: number): number {
  return turned(word, one) ^ turned(word, two) ^ turned(word, three)
}

/** To the right, what falls out comes in on the left. */
function turned(word: number, by: number): number {
  return (word >>> by) | (word << (32 - by))
}
