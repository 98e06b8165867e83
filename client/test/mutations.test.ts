import type { Act } from '@zg/core/act/act'
import {
  add,
  create,
  drop,
  film,
  increment,
  person,
  remove,
  review,
  set,
  studio,
  tag,
  update,
} from '@zg/core/ports/ports.suite'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  type Device,
  openDevice,
  openWorld,
  picture,
  quiet,
  scope,
  until,
  type World,
} from './world.fixture.ts'

let world: World
beforeEach(() => {
  world = openWorld()
})
afterEach(() => world.close())

const device = (options: Partial<Parameters<typeof openDevice>[0]> = {}): Promise<Device> =>
  openDevice({ now: () => world.clock, ...options })
const online = async (options: Partial<Parameters<typeof openDevice>[0]> = {}): Promise<Device> => {
  const one = await device(options)
  one.connect(world)
  await quiet(one, world)
  return one
}
const row = async ({ replica }: Device, entity: string, id: string, ...fields: string[]) => {
  const snapshot = replica.reader.open(scope)
  return (await snapshot.rows(entity, fields, [id]))[0]
}
const commit = (...acts: readonly Act[]) => world.writer.commit({ scope, acts })
const year = 365 * 24 * 3_600_000

describe('a write', () => {
  test('at other places of a document than somebody else: both stay, and the earlier of two at one place is named', async () => {
    const put = (path: string, value: string) =>
      update('Film', 'film_a', { notes: { kind: 'assign', set: [{ path, value }], remove: [] } })
    await commit(film('a'))
    const [one, two] = [await online(), await online()]
    for (const each of [one, two]) each.line?.cut()
    one.replica.write({ acts: [put('/a/x', 'one')] })
    const late = one.replica.write({ acts: [put('/b', 'one')] })
    world.clock += 1_000
    two.replica.write({ acts: [put('/a/y', 'two')] })
    two.replica.write({ acts: [put('/b', 'two')] })
    expect(await row(one, 'Film', 'film_a', 'notes')).toMatchObject({ notes: { a: { x: 'one' }, b: 'one' } })
    for (const each of [two, one]) {
      each.connect(world)
      await quiet(each, world)
    }
    await quiet(two, world)
    const notes = { a: { x: 'one', y: 'two' }, b: 'two' }
    for (const each of [one, two]) expect(await row(each, 'Film', 'film_a', 'notes')).toMatchObject({ notes })
    expect((await late.settled).verdict).toEqual({
      status: 'applied',
      problems: [],
      superseded: [{ entity: 'Film', id: 'film_a', field: 'notes' }],
    })
  })

  test('shows at once, and its own verdict arrives before its effect: a counter is never shown twice', async () => {
    await commit(film('a', { likes: increment('1') }))
    const one = await online()
    const shown = new Set<unknown>()
    const look = async () => shown.add((await row(one, 'Film', 'film_a', 'likes'))?.likes)
    for (let i = 0; i < 20; i++) {
      one.replica.write({ acts: [update('Film', 'film_a', { likes: increment('100') })] })
    }
    one.replica.watch(() => void look())
    await quiet(one, world)
    await look()
    // Neither more, before a verdict, nor less, between a verdict and its effect.
    expect([...shown]).toEqual(['2001'])
  })

  test('outlives a restart, and is sent when there is a gateway again', async () => {
    await commit(film('a'))
    const one = await online()
    one.line?.cut()
    const { durable } = one.replica.write({
      acts: [update('Film', 'film_a', { title: set('Kept') }), film('b')],
    })
    await durable
    one.disk.crash(() => 0)
    await one.restart()
    expect(await row(one, 'Film', 'film_a', 'title')).toEqual({ id: 'film_a', title: 'Kept' })
    expect(one.replica.status()).toMatchObject({ pending: 1, complete: true })
    one.connect(world)
    await quiet(one, world)
    expect(await picture(world.reader)).toEqual(await picture(one.replica.reader))
    expect(world.judged(one)).toBe(1)
  })

  test('is not promised by a disk that fails, nor ever sent', async () => {
    const one = await online()
    const { durable } = one.replica.write({ acts: [film('a')] })
    one.disk.crash(() => 0)
    await expect(durable).rejects.toThrow('stopped')
    expect(() => one.replica.write({ acts: [film('b')] })).toThrow('disk of this replica has failed')
    await one.restart()
    one.connect(world)
    await quiet(one, world)
    expect(world.entries()).toBe(0)
  })
})

describe('a refused mutation', () => {
  test('is taken back with what rests on it, and waits in the drawer', async () => {
    await commit(film('a'), film('other'))
    const one = await online()
    const two = await online()
    one.line?.cut()
    await commit(remove('Film', 'film_a'))
    // To a row that is gone meanwhile: refused. A review of that review's film: goes with it. An independent one: stays.
    const first = one.replica.write({ acts: [film('new'), review('r', 'film_a')] })
    const second = one.replica.write({ acts: [review('s', 'film_new')] })
    const third = one.replica.write({ acts: [update('Film', 'film_other', { title: set('Independent') })] })
    expect(await row(one, 'Review', 'review_s')).not.toBeNull()
    one.connect(world)
    expect((await first.settled).verdict).toMatchObject({
      status: 'rejected',
      problems: [{ code: 'REF_GONE' }],
    })
    expect(await row(one, 'Film', 'film_new')).toBeNull()
    expect(await row(one, 'Review', 'review_s')).toBeNull()
    expect((await second.settled).verdict).toMatchObject({
      status: 'rejected',
      problems: [{ code: 'REF_MISSING' }],
    })
    expect((await third.settled).verdict.status).toBe('applied')
    await quiet(one, world)
    await quiet(two, world)
    expect(await picture(two.replica.reader)).toEqual(await picture(one.replica.reader))
    const codes = () =>
      one.replica.drawer().map(({ id, problems }) => [id, ...problems.map(({ code }) => code)])
    const drawn = [
      [first.id, 'REF_GONE'],
      [second.id, 'DEPENDENCY', 'REF_MISSING'],
    ]
    expect(codes()).toEqual(drawn)

    // The drawer is durable.
    await one.replica.write({ acts: [person('p')] }).durable
    one.disk.crash(() => 0)
    await one.restart()
    expect(codes()).toEqual(drawn)

    // Edited and tried again; discarded.
    one.connect(world)
    const again = one.replica.resubmit(first.id ?? 0, [film('new')])
    expect((await again.settled).verdict.status).toBe('applied')
    expect(codes()).toEqual([drawn[1]])
    const same = one.replica.resubmit(second.id ?? 0)
    expect((await same.settled).verdict.status).toBe('applied')
    expect(codes()).toEqual([])
    await quiet(one, world)
    expect(await picture(one.replica.reader)).toEqual(await picture(world.reader))
  })

  test('here already is no entry of the outbox; discarding empties the drawer for good', async () => {
    await commit(film('a'))
    const one = await online()
    const { id, outcome } = one.replica.write({ acts: [review('r', 'film_unknown')] })
    expect([id, outcome.verdict.problems[0]?.code]).toEqual([null, 'REF_MISSING'])
    one.line?.cut()
    await commit(remove('Film', 'film_a'))
    const refused = one.replica.write({ acts: [review('r', 'film_a')] })
    one.connect(world)
    await refused.settled
    one.replica.discard(refused.id ?? 0)
    expect(one.replica.drawer()).toEqual([])
    await one.restart()
    expect(one.replica.drawer()).toEqual([])
  })

  test('sent again as something that changes nothing is dealt with', async () => {
    await commit(film('a'), film('other'))
    const one = await online()
    one.line?.cut()
    await commit(remove('Film', 'film_a'))
    const refused = one.replica.write({ acts: [review('r', 'film_a')] })
    one.connect(world)
    await refused.settled
    const seen: number[] = []
    one.replica.watch(() => seen.push(one.replica.drawer().length))
    const { id, outcome } = one.replica.resubmit(refused.id ?? 0, [update('Film', 'film_other', {})])
    expect([id, outcome.verdict.status, seen]).toEqual([null, 'applied', [0]])
    await one.restart()
    expect(one.replica.drawer()).toEqual([])
  })

  test('of a unique key taken meanwhile, the gateway decides', async () => {
    await commit(film('a'))
    const [one, two] = [await online(), await online()]
    for (const each of [one, two]) each.line?.cut()
    const poster = (id: string) => ({
      kind: 'create' as const,
      entity: 'Poster',
      id,
      fields: { film: set('film_a'), url: set(id) },
    })
    const first = one.replica.write({ acts: [poster('poster_1')] })
    const second = two.replica.write({ acts: [poster('poster_2')] })
    one.connect(world)
    await first.settled
    two.connect(world)
    expect((await second.settled).verdict.problems[0]?.code).toBe('UNIQUE_TAKEN')
    for (const each of [one, two]) await quiet(each, world)
    expect(await picture(two.replica.reader)).toEqual(await picture(one.replica.reader))
    expect(two.replica.drawer()).toHaveLength(1)
  })

  test('a one-to-one that is written from its other end offline is judged there, and again by the gateway', async () => {
    const poster = (id: string) => create('Poster', `poster_${id}`, { film: set(`film_${id}`), url: set(id) })
    await commit(...['a', 'p', 'q'].map(id => film(id)), poster('p'), poster('q'))
    const [one, two] = [await online(), await online()]
    for (const each of [one, two]) each.line?.cut()
    const hang = (id: string) => ({ acts: [update('Film', 'film_a', { poster: set(id) })] })
    const first = one.replica.write(hang('poster_p'))
    expect(await row(one, 'Poster', 'poster_p', 'film')).toMatchObject({ film: 'film_a' })
    // What the replica knows itself is refused at once.
    expect(one.replica.write(hang('poster_q')).outcome?.verdict.problems[0]?.code).toBe('UNIQUE_TAKEN')
    const second = two.replica.write(hang('poster_q'))
    one.connect(world)
    await first.settled
    two.connect(world)
    expect((await second.settled).verdict.problems[0]?.code).toBe('UNIQUE_TAKEN')
    for (const each of [one, two]) await quiet(each, world)
    expect(await row(two, 'Poster', 'poster_p', 'film')).toMatchObject({ film: 'film_a' })
    expect(await row(two, 'Poster', 'poster_q', 'film')).toMatchObject({ film: 'film_q' })
    expect(await picture(two.replica.reader)).toEqual(await picture(one.replica.reader))
  })
})

describe('clocks', () => {
  test.each([
    ['a year ahead', year],
    ['a year behind', -year],
    ['just ahead enough', 61_000],
  ])('a device %s writes like everybody else', async (_, skew) => {
    await commit(film('a', { title: set('Old') }), tag('x'))
    const one = await device({ skew })
    // Written before it has ever heard what time it is.
    one.replica.write({ acts: [film('mine', { moods: add('sad') })] })
    one.replica.write({ acts: [update('Film', 'film_mine', { moods: drop('sad'), likes: increment('3') })] })
    one.replica.write({ acts: [update('Film', 'film_mine', { moods: add('glad') })] })
    one.connect(world)
    await quiet(one, world)
    expect(await picture(one.replica.reader)).toEqual(await picture(world.reader))
    expect(await row(one, 'Film', 'film_mine', 'moods', 'likes')).toMatchObject({
      moods: ['glad'],
      likes: '3',
    })
    // What it replaces stays replaced, and others can replace that.
    one.replica.write({ acts: [update('Film', 'film_a', { title: set('Mine') })] })
    await quiet(one, world)
    await commit(update('Film', 'film_a', { title: set('Theirs') }))
    await quiet(one, world)
    expect(await row(one, 'Film', 'film_a', 'title')).toMatchObject({ title: 'Theirs' })
    expect(world.judged(one)).toBe(4)
  })

  test('a clock that steps while online is corrected', async () => {
    const one = await online()
    one.skew = year
    one.replica.write({ acts: [film('a')] })
    await quiet(one, world)
    one.skew = -year
    one.replica.write({ acts: [update('Film', 'film_a', { title: set('Later') })] })
    await quiet(one, world)
    expect(await row(one, 'Film', 'film_a', 'title')).toMatchObject({ title: 'Later' })
    expect(world.judged(one)).toBe(2)
  })
})

describe('an outbox that was copied', () => {
  test('goes on under an id of its own, and nothing is lost', async () => {
    await commit(film('a'))
    const one = await online()
    one.line?.cut()
    await one.replica.write({ acts: [film('both')] }).durable
    const two = await device({ disk: one.disk.copy() })
    await one.replica.write({ acts: [film('one')] }).durable
    await two.replica.write({ acts: [film('two')] }).durable
    await two.replica.write({ acts: [studio('Two')] }).durable
    one.connect(world)
    await quiet(one, world)
    two.connect(world)
    await until(two, replica => replica.status().link === 'idle')
    two.connect(world)
    await quiet(two, world)
    await quiet(one, world)
    expect(await picture(two.replica.reader)).toEqual(await picture(world.reader))
    expect(await picture(one.replica.reader)).toEqual(await picture(world.reader))
    expect(new Set(two.clients()).size).toBe(2)
    expect(await row(one, 'Film', 'film_two')).not.toBeNull()
  })
})
