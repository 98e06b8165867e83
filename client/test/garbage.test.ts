import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { film } from '@zg/core/ports/ports.suite'
import { REFUSALS } from '@zg/core/sync/codes'
import { frameReader } from '@zg/core/sync/frame'
import { inProcess } from '@zg/core/sync/inProcess'
import type { ServerMessage } from '@zg/core/sync/message'
import { parseServerMessage } from '@zg/core/sync/parse'
import type { SyncServer } from '@zg/gateway/sync/serve'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { seedOf } from '../../scripts/testing/seed.ts'
import { type Garbage, garbage, strangerIn } from './garbage.fixture.ts'
import { overSockets } from './sockets.fixture.ts'
import { openDevice, openWorld, quiet, scope, until } from './world.fixture.ts'

/** So long each, if it is given; else as many connections as are quick. */
const SECONDS = Number(process.env.ZG_FUZZ_SECONDS ?? 0)
const SEED = seedOf(process.env.ZG_SEED)
/** Of one seed. */
const ROUND = 50
const ROUNDS = 4

/** How one connection went: what was heard, and the code it was closed with, where the transport tells. */
interface Visit {
  readonly heard: readonly ServerMessage[]
  readonly closed: number | null
}

/** One connection of a stranger, from its first frame to its end. */
type Carry = (frames: Garbage) => Promise<Visit>

/** Takes what a gateway sends apart: it may be garbled by nothing that a stranger says. */
function ear() {
  const read = frameReader()
  const heard: ServerMessage[] = []
  return {
    heard,
    receive: (frame: string): void => {
      const unframed = read(frame)
      const message = unframed.ok ? parseServerMessage(unframed.value) : unframed.problem
      if (!('kind' in message)) throw new Error(`The gateway has sent ${frame}`)
      heard.push(message)
    },
  }
}

/** What a gateway throws ends the connection, and is kept. */
function watched(sync: SyncServer, thrown: unknown[]): SyncServer {
  return {
    ...sync,
    accept: (who, channel) => {
      const { receive, closed } = sync.accept(who, channel)
      return {
        closed,
        receive: frame => {
          try {
            receive(frame)
          } catch (error) {
            thrown.push(error)
            channel.close(1_011, 'THROWN')
          }
        },
      }
    },
  }
}

function carryInProcess(sync: SyncServer): Carry {
  return frames =>
    new Promise(resolve => {
      const { heard, receive } = ear()
      const pair = inProcess(deliver => setImmediate(deliver))
      const far = sync.accept(strangerIn(scope), pair.b)
      pair.join({ receive, closed: () => resolve({ heard, closed: null }) }, far)
      // Bytes are no frame there, either: sockets.ts hands on an empty one.
      for (const frame of frames) pair.a.send(typeof frame === 'string' ? frame : '')
    })
}

function carryOverSocket(port: number): Carry {
  return frames =>
    new Promise(resolve => {
      const { heard, receive } = ear()
      const socket = new WebSocket(`ws://127.0.0.1:${port}`, 'zg-sync')
      socket.addEventListener('open', () => {
        for (const frame of frames) socket.send(frame)
      })
      socket.addEventListener('message', ({ data }) => receive(String(data)))
      socket.addEventListener('close', ({ code }) => resolve({ heard, closed: code }))
    })
}

setFlagsFromString('--expose-gc')
const collect: () => void = runInNewContext('gc')
const heap = (): number => {
  collect()
  return process.memoryUsage().heapUsed
}

test.each(['in process', 'over WebSocket'])(
  'who sends garbage %s for long is refused each time, complained of once, and disturbs nobody',
  async transport => {
    const world = openWorld()
    const thrown: unknown[] = []
    const sync = watched(world.sync, thrown)
    const sockets = transport === 'in process' ? null : await overSockets(sync, strangerIn(scope))
    const carry = sockets ? carryOverSocket(sockets.port) : carryInProcess(sync)
    const [one, two] = await Promise.all([1, 2].map(() => openDevice({ now: () => world.clock })))
    if (!one || !two) throw new Error('Two were opened')
    for (const each of [one, two]) {
      each.connect(world)
      await quiet(each, world)
    }
    let before = 0
    let visits = 0
    const codes = new Set<string>()
    const end = Date.now() + SECONDS * 1_000
    for (let round = 0; round < ROUNDS || Date.now() < end; round++) {
      const seed = SEED + round
      for (const frames of fc.sample(garbage(strangerIn(scope), world.clock), { seed, numRuns: ROUND })) {
        const { heard, closed } = await carry(frames)
        visits++
        const told = `seed ${seed}: ${JSON.stringify(frames).slice(0, 500)}`
        expect(thrown, told).toEqual([])
        const refusals = heard.filter(message => message.kind === 'refuse')
        expect(refusals, told).toHaveLength(1)
        const [refusal] = refusals
        if (refusal?.kind !== 'refuse') continue
        expect(heard.at(-1), told).toBe(refusal)
        codes.add(refusal.code)
        if (closed !== null) expect(closed, told).toBe(REFUSALS[refusal.code].close)
      }
      // The others go on, one through the other.
      const id = `film_by${round}`
      const { verdict } = await one.replica.write({ acts: [film(`by${round}`)] }).settled
      expect(verdict.status).toBe('applied')
      await until(two, ({ status }) => (status().cursor?.seqs.main ?? 0) >= world.entries())
      const snapshot = two.replica.reader.open(scope)
      expect((await snapshot.rows('Film', [], [id]))[0]).toEqual({ id })
      await snapshot.close()
      if (round === 1) before = heap()
    }
    expect(visits).toBeGreaterThanOrEqual(ROUNDS * ROUND)
    expect([...codes].sort()).toEqual([
      'BAD_FRAME',
      'BAD_MESSAGE',
      'FORBIDDEN',
      'SCHEMA',
      'UNEXPECTED',
      'VERSION',
    ])
    for (const each of [one, two]) {
      expect(each.replica.status()).toMatchObject({ link: 'live', refusal: null })
      expect(each.clients()).toHaveLength(1)
    }
    const lines = world.complaints.map(({ by, code }) => `${by} ${code}`)
    expect(lines).toEqual([...new Set(lines)])
    expect(lines.length).toBeLessThan(30)
    for (const { by, message } of world.complaints) {
      expect(by).toBe('stranger')
      expect(message).toMatch(/^[ -~]{1,1000}$/)
    }
    expect(heap() - before).toBeLessThan(30e6)
    sockets?.close()
    await world.close()
  },
  40_000 + 3_000 * SECONDS,
)
