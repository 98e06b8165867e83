import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { randomId } from '@zg/core/change/id'
import { requireEqual } from '../equal.ts'
import { judge, type Line } from '../line.ts'
import { database, durablePostgres } from '../postgres.ts'
import { startWorker, type Worker } from '../process.ts'
import { median } from '../rounds.ts'
import type { Run } from '../run.ts'
import type { Message } from './message.ts'

const MESSAGES = 100

/** A server and its subscribers. */
interface Side {
  readonly server: Worker
  readonly subscribers: Worker
}

/**
 * Deliveries per second: a message is published when all have received the one before, so that nothing can be gathered
 * into one delivery. Ours commits each to Postgres first; the reference and the raw broadcast keep nothing.
 */
export async function* fanout(run: Run): AsyncIterable<Line> {
  const url = await database(await durablePostgres(), 'fanout')
  const servers = {
    ours: await startWorker('fanout/ours.ts', { url }),
    reference: await startWorker('fanout/yoga.ts', {}),
    raw: await startWorker('fanout/raw.ts', {}),
  }
  for (const count of [500, 2_000]) {
    const name = `${count} subscribers`
    if (!run.wants(name)) continue
    const open = async (server: Worker): Promise<Side> => {
      const subscribers = await startWorker('fanout/subscribers.ts', { url: server.ready, count })
      const side = { server, subscribers }
      await awake(side)
      return side
    }
    const sides = {
      ours: await open(servers.ours),
      reference: await open(servers.reference),
      raw: await open(servers.raw),
    }
    await sameDelivery(sides.ours, sides.reference)
    const rates = { ours: [] as number[], reference: [] as number[], raw: [] as number[] }
    for (let round = -1; round < run.rounds; round++) {
      const order = ['ours', 'reference', 'raw'] as const
      for (const which of round % 2 ? order : order.toReversed()) {
        const rate = await deliveries(sides[which], count)
        if (round >= 0) rates[which].push(rate)
        run.say(
          `  ${name}, ${round < 0 ? 'warming up' : `round ${round + 1} of ${run.rounds}`}: ${which} ${Math.round(rate)}`,
        )
      }
    }
    for (const { subscribers } of Object.values(sides)) await subscribers.end()
    const [ours, reference, raw] = [rates.ours, rates.reference, rates.raw].map(median) as [
      number,
      number,
      number,
    ]
    const common = { bench: 'fanout', metric: 'deliveries/s', ours }
    yield judge({ ...common, case: name, reference, goal: 2 })
    yield judge({ ...common, case: `${name}, beside a raw ws broadcast`, reference: raw, goal: null })
  }
}

let sent = 0

function message(): Message {
  const n = String(++sent).padStart(6, '0')
  const id = randomId('message', Date.now(), bytes => new Uint8Array(randomBytes(bytes)))
  return {
    id,
    text: `Message ${n}: a line of chat, as long as such lines are.`,
    room: 'general',
    stars: sent % 5,
  }
}

/** Publishes and waits until everybody has it. */
async function deliver({ server, subscribers }: Side, one: Message): Promise<void> {
  const delivered = subscribers.ask({ kind: 'expect', text: one.text })
  await server.ask(one)
  await delivered
}

async function deliveries(side: Side, count: number): Promise<number> {
  const begin = performance.now()
  for (let i = 0; i < MESSAGES; i++) await deliver(side, message())
  return (MESSAGES * count) / ((performance.now() - begin) / 1_000)
}

/** The protocol does not say when a subscription has begun: messages are sent until one reaches everybody. */
async function awake(side: Side): Promise<void> {
  const deadline = Date.now() + 60_000
  while (Date.now() < deadline) {
    const one = message()
    const delivered = side.subscribers.ask({ kind: 'expect', text: one.text })
    await side.server.ask(one)
    if (await Promise.race([delivered.then(() => true), sleep(2_000, false)])) return
  }
  throw new Error('Not timed: some subscribers receive nothing')
}

/** The same row, published on both sides, must arrive as the same text. */
async function sameDelivery(ours: Side, reference: Side): Promise<void> {
  const one = message()
  const received: unknown[] = []
  for (const side of [ours, reference]) {
    await deliver(side, one)
    received.push(JSON.parse(String(await side.subscribers.ask({ kind: 'last' }))))
  }
  requireEqual('what a subscriber receives', received[0], received[1])
}
