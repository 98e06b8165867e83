import { hlcOf } from '@zg/core/change/clock'
import type { ReplicaEvent } from '@zg/core/ports/feed'
import { film, films } from '@zg/core/ports/ports.suite'
import { MAX_FRAME } from '@zg/core/sync/message'
import { expect, test } from 'vitest'
import { connectTo, overSockets } from './sockets.fixture.ts'
import { feedOf } from './told.fixture.ts'
import { openDevice, openWorld, scope, until } from './world.fixture.ts'

const AT = hlcOf({ ms: 1, counter: 0, replica: 1n })
const FILM = films.entity('Film')
const TITLE = FILM.fields.get('title')?.number ?? 0

/** More than a replica may say at once. */
const ROWS = Math.ceil(MAX_FRAME / 250_000) + 1
const events = Array.from({ length: ROWS }, (_, i): ReplicaEvent => {
  const cells = { [TITLE]: { kind: 'register', at: AT, value: 'x'.repeat(250_000) } } as const
  return {
    kind: 'upsert',
    entity: FILM.ir.number,
    key: `film_${i}`,
    instance: { born: AT, dead: null, cells },
  }
})

test.each(['in process', 'over WebSocket'])(
  'a batch is as long as its rows are, %s: they come with all their edges, texts and documents',
  async transport => {
    const world = openWorld(films, () => feedOf(events))
    const one = await openDevice({ now: () => world.clock })
    const gateway = transport === 'in process' ? null : await overSockets(world.sync, scope)
    if (gateway) await connectTo(`ws://127.0.0.1:${gateway.port}`, one)
    else one.connect(world)
    const ended = () => one.replica.status().link === 'idle'
    await until(one, ({ status }) => status().complete || ended())
    // The connection goes on behind it. (This feed never tells what is written, so it is gone at its verdict.)
    let verdict: string | null = null
    const { settled } = one.replica.write({ acts: [film('after')] })
    void settled.then(outcome => {
      verdict = outcome.verdict.status
    })
    await until(one, () => verdict !== null || ended())
    expect(verdict).toBe('applied')
    expect(one.replica.status()).toMatchObject({ complete: true, refusal: null, link: 'live' })
    const snapshot = one.replica.reader.open(scope)
    const [list] = await snapshot.aggregates({ entity: 'Film', measures: [{ kind: 'count' }] })
    expect(list?.[0]?.values).toEqual([ROWS])
    await snapshot.close()
    gateway?.close()
    await world.close()
  },
)
