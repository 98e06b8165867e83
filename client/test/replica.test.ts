import { add, drop, film, increment, person, review, set, tag, update } from '@zg/core/ports/ports.suite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  type Device,
  everything,
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

test('one shape of registers: a replica loads, follows and writes', async () => {
  await world.writer.commit({ scope, acts: [film('a'), film('b')] })
  const one = await device({ shapes: everything })
  one.connect(world)
  await quiet(one, world)
  expect(await picture(one.replica.reader)).toEqual(await picture(world.reader))

  await world.writer.commit({ scope, acts: [update('Film', 'film_a', { title: set('From the gateway') })] })
  const { settled } = one.replica.write({ acts: [update('Film', 'film_b', { title: set('From here') })] })
  expect((await settled).verdict).toEqual({ status: 'applied', problems: [] })
  await quiet(one, world)
  expect(await picture(one.replica.reader)).toEqual(await picture(world.reader))
})

test('two replicas edit offline, connect, and hold the same', async () => {
  await world.writer.commit({ scope, acts: [film('a'), tag('x'), person('p')] })
  const one = await device()
  const two = await device()
  for (const each of [one, two]) {
    each.connect(world)
    await quiet(each, world)
    each.line?.cut()
    await until(each, replica => replica.status().link === 'idle')
  }
  for (const [i, { replica }] of [one, two].entries()) {
    replica.write({
      acts: [
        update('Film', 'film_a', { likes: increment('5'), moods: add(`m${i}`, 'both'), tags: add('tag_x') }),
      ],
    })
    replica.write({ acts: [film(`of${i}`, { director: set('person_p') }), review(`r${i}`, `film_of${i}`)] })
  }
  one.replica.write({ acts: [update('Film', 'film_a', { moods: drop('both') })] })
  for (const each of [one, two]) each.connect(world)
  for (const each of [one, two, one, two]) await quiet(each, world)
  const truth = await picture(world.reader)
  expect(await picture(one.replica.reader)).toEqual(truth)
  expect(await picture(two.replica.reader)).toEqual(truth)
  expect(JSON.stringify(truth)).toContain('"likes":"10"')
})

test('a gateway that cannot answer says so; what was pushed is pushed again', async () => {
  const one = await device()
  one.connect(world)
  await quiet(one, world)
  world.fails = 2
  const { settled } = one.replica.write({ acts: [film('a')] })
  await until(one, replica => replica.status().link === 'idle')
  expect(one.replica.status().refusal).toMatchObject({
    code: 'UNAVAILABLE',
    message: 'Not now',
    retry: 2_000,
  })
  one.connect(world)
  await until(one, replica => replica.status().link === 'idle')
  one.connect(world)
  expect((await settled).verdict.status).toBe('applied')
  await quiet(one, world)
  expect(world.judged(one)).toBe(1)
})
