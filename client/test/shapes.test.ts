import type { Act } from '@zg/core/act/act'
import type { Feed, Shape } from '@zg/core/ports/feed'
import { add, drop, film, films, remove, set, tag, update } from '@zg/core/ports/ports.suite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  all,
  type Device,
  openDevice,
  openWorld,
  picture,
  quiet,
  scope,
  until,
  type World,
} from './world.fixture.ts'

/** Called when a replica is about to follow; `true`: it is to start over. */
let resets = 0
const around = (feed: Feed): Feed => ({
  ...feed,
  replicate: async function* (request) {
    if (request.since && resets > 0) {
      resets--
      yield { kind: 'reset', reason: 'GAP', position: request.since.position }
      return
    }
    yield* feed.replicate(request)
  },
})

let world: World
beforeEach(() => {
  resets = 0
  world = openWorld(films, around)
})
afterEach(() => world.close())

const commit = (...acts: readonly Act[]) => world.writer.commit({ scope, acts })
const of = (year: number): Shape => ({
  entity: 'Film',
  where: { kind: 'eq', left: { kind: 'path', path: ['year'] }, right: { kind: 'value', value: year } },
})
const online = async (shapes: readonly Shape[], more: { readonly window?: number } = {}): Promise<Device> => {
  const one = await openDevice({ now: () => world.clock, shapes, ...more })
  one.connect(world)
  await quiet(one, world)
  return one
}
const ids = async ({ replica }: Device, entity = 'Film') => {
  const snapshot = replica.reader.open(scope)
  const order = [{ path: ['id'], direction: 'asc' }] as const
  return ((await snapshot.pages({ entity, fields: [], order }))[0] ?? []).map(({ id }) => id)
}
const made = (name: string, year: number, ...tags: string[]) =>
  film(name, { year: set(year), ...(tags.length ? { tags: add(...tags) } : {}) })

test('rows enter, change inside and leave their shapes; a row is held while one of them holds it', async () => {
  await commit(made('a', 1), made('b', 2), made('c', 3))
  const one = await online([of(1), of(2)])
  expect(await ids(one)).toEqual(['film_a', 'film_b'])
  await commit(update('Film', 'film_a', { year: set(2) }), update('Film', 'film_b', { year: set(3) }))
  await quiet(one, world)
  expect(await ids(one)).toEqual(['film_a'])
  await commit(update('Film', 'film_c', { year: set(1) }), remove('Film', 'film_a'))
  await quiet(one, world)
  expect(await ids(one)).toEqual(['film_c'])
})

test('a late shape is loaded beside what goes on; all share one position', async () => {
  await commit(made('a', 1), made('b', 2))
  const one = await online([of(1)])
  one.replica.subscribe(of(2))
  expect(one.replica.status().complete).toBe(false)
  await commit(update('Film', 'film_a', { title: set('Meanwhile') }), made('d', 2))
  await quiet(one, world)
  expect(await ids(one)).toEqual(['film_a', 'film_b', 'film_d'])
})

test('what only a dropped shape held is evicted, with edges that have no other end here', async () => {
  await commit(tag('x'), made('a', 1, 'tag_x'), made('b', 2, 'tag_x'))
  const one = await online([of(1), of(2)])
  one.replica.unsubscribe(of(1))
  expect(await ids(one)).toEqual(['film_b'])
  await quiet(one, world)
  await commit(
    update('Film', 'film_a', { title: set('Nobody looks') }),
    update('Film', 'film_b', { year: set(1) }),
  )
  await quiet(one, world)
  expect(await ids(one)).toEqual([])
  // An edge that ended while neither of its rows was here is not found again.
  await commit(update('Film', 'film_a', { tags: drop('tag_x') }))
  one.replica.subscribe(all('Tag'))
  one.replica.subscribe(of(1))
  await quiet(one, world)
  const snapshot = one.replica.reader.open(scope)
  const under = { entity: 'Film', relation: 'tags', ids: ['film_a', 'film_b'] }
  const order = [{ path: ['id'], direction: 'asc' }] as const
  expect(await snapshot.pages({ entity: 'Tag', fields: [], order, under })).toEqual([[], [{ id: 'tag_x' }]])
  one.replica.unsubscribe(of(1))
  await quiet(one, world)
  await one.restart()
  expect([await ids(one), await ids(one, 'Tag')]).toEqual([[], ['tag_x']])
})

test('a shape that cannot be followed is named, and the others go on', async () => {
  await commit(made('a', 1))
  const unknown: Shape = { entity: 'Nothing', where: { kind: 'and', of: [] } }
  const crooked = { entity: 'Film', where: { kind: 'eq', left: 7 } } as unknown as Shape
  const one = await online([unknown, of(1), crooked])
  expect(await ids(one)).toEqual(['film_a'])
  expect(one.replica.status().unfit).toMatchObject([
    { shape: crooked, problem: { code: 'BAD_SHAPE' } },
    { shape: unknown, problem: { code: 'UNKNOWN_ENTITY' } },
  ])
})

test('a connection cut in the middle of a page goes on there, and nothing is sent twice', async () => {
  await commit(...Array.from({ length: 700 }, (_, i) => made(String(i).padStart(4, '0'), 1)))
  const one = await openDevice({ now: () => world.clock, shapes: [all('Film')], window: 1_000 })
  const rows = () => one.received.join('').match(/"kind":"upsert"/g)?.length ?? 0
  for (let cuts = 0; !one.replica.status().complete; cuts++) {
    expect(cuts).toBeLessThan(20)
    const before = one.replica.status().cursor
    const first = (await ids(one)).length
    one.connect(world)
    await until(
      one,
      replica =>
        replica.status().complete ||
        (before === null && replica.status().cursor !== null) ||
        first < heldBy(replica),
    )
    one.line?.cut()
    await until(one, replica => replica.status().link === 'idle')
    if (cuts === 1) await one.restart()
  }
  expect(await ids(one)).toHaveLength(700)
  expect(rows()).toBe(700)
})

test('a reset loads everything anew, and what was there stays until that is done', async () => {
  await commit(made('a', 1), made('b', 1), tag('x'))
  const one = await online([all('Film'), all('Tag')])
  one.line?.cut()
  one.replica.write({ acts: [update('Film', 'film_b', { title: set('Pending') })] })
  await commit(remove('Film', 'film_a'), made('c', 1))
  resets = 1
  const seen: string[] = []
  const look = async () => seen.push([...(await ids(one)), ...(await ids(one, 'Tag'))].join())
  one.replica.watch(() => void look())
  one.connect(world)
  await quiet(one, world)
  expect(await ids(one)).toEqual(['film_b', 'film_c'])
  expect(new Set(seen)).toEqual(new Set(['film_a,film_b,tag_x', 'film_b,film_c,tag_x']))
  expect(await picture(one.replica.reader)).toEqual(await picture(world.reader))
  await one.restart()
  expect(await picture(one.replica.reader)).toEqual(await picture(world.reader))
})

test('a machine that stops in the middle of a reset has what it had', async () => {
  await commit(made('a', 1), tag('x'))
  const one = await online([all('Film'), all('Tag')])
  one.line?.cut()
  await commit(remove('Film', 'film_a'))
  resets = 1
  one.connect(world)
  await until(one, replica => !replica.status().complete)
  await one.restart()
  expect(await ids(one)).toEqual(['film_a'])
  one.connect(world)
  await quiet(one, world)
  expect(await ids(one)).toEqual([])
})

test('another log under the same name is noticed: everything is loaded anew, and what waits is pushed there', async () => {
  await commit(made('a', 1))
  const one = await online([all('Film')])
  one.line?.cut()
  const rests = one.replica.write({ acts: [update('Film', 'film_a', { title: set('Of the old log') })] })
  one.replica.write({ acts: [made('mine', 1)] })
  await world.close()
  world = openWorld(films, around, 'another')
  await commit(made('b', 1))
  one.connect(world)
  await quiet(one, world)
  expect(await ids(one)).toEqual(['film_b', 'film_mine'])
  // Nobody has created film_a there.
  expect((await rests.settled).verdict.problems).toMatchObject([{ code: 'NOT_FOUND' }])
  expect(one.replica.drawer()).toHaveLength(1)
})

test('a reader that stalls costs one window and one batch', async () => {
  await commit(...Array.from({ length: 2_000 }, (_, i) => made(String(i), 1)))
  const one = await openDevice({ now: () => world.clock, shapes: [all('Film')], window: 100 })
  one.connect(world, { deaf: true })
  await until(one, () => one.received.filter(frame => frame.includes('"batch"')).length >= 1)
  for (let i = 0; i < 100; i++) await new Promise(resolve => setImmediate(resolve))
  expect(one.received.filter(frame => frame.includes('"kind":"batch"'))).toHaveLength(1)
})

function heldBy(replica: Device['replica']): number {
  const snapshot = replica.reader.open(scope)
  const [list] = snapshot.pages({
    entity: 'Film',
    fields: [],
    order: [{ path: ['id'], direction: 'asc' }],
  }) as unknown as [readonly unknown[]]
  return list.length
}
