import type { Act, FieldAct } from '@zg/core/act/act'
import type { Json } from '@zg/core/json'
import { assignment } from '@zg/core/ports/history.suite'
import { add, drop, film, films, increment, update } from '@zg/core/ports/ports.suite'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Device, openDevice, openWorld, picture, quiet, scope, until } from './world.fixture.ts'

const set = (value: Json): FieldAct => ({ kind: 'set', value })

/** Of each kind of value what may be written, in forms that are not the one it is kept in, too. */
const VALUES: { readonly [field: string]: fc.Arbitrary<FieldAct> } = {
  title: fc.string({ unit: 'grapheme', maxLength: 8 }).map(set),
  year: fc.option(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })).map(set),
  score: fc.option(fc.double({ noNaN: true, noDefaultInfinity: true })).map(set),
  seen: fc.boolean().map(set),
  released: fc.constantFrom('2026-11-21', '0001-01-01', '2024-02-29', null).map(set),
  addedAt: fc
    .constantFrom('2026-11-21 10:00:00.1239+01:30', '2026-11-21T12:00:00Z', '1969-12-31T23:59:59.999Z', null)
    .map(set),
  gross: fc.option(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String)).map(set),
  rating: fc.constantFrom('G', 'PG', 'R', null).map(set),
  likes: fc.bigInt({ min: -(2n ** 40n), max: 2n ** 40n }).map(by => increment(String(by))),
  moods: fc
    .tuple(fc.constantFrom('dark', '', 'Ω', '__proto__'), fc.boolean())
    .map(([mood, more]) => (more ? add(mood) : drop(mood))),
  budget: fc.constantFrom('12.5', '-0', '7', `-${'9'.repeat(36)}.99`, null).map(set),
  share: fc.constantFrom('1', '0.25', '-3.1400').map(set),
  cover: fc.option(fc.constantFrom('', '_-8', 'AAAA')).map(set),
  facts: fc
    .option(
      fc
        .jsonValue({ maxDepth: 2 })
        .map(value => JSON.parse(JSON.stringify(value).replaceAll('__proto__', 'proto')) as Json),
    )
    .map(set),
  notes: assignment,
}

const part = fc
  .record(VALUES, { requiredKeys: [] })
  .map(fields => fields as { readonly [field: string]: FieldAct })
const FILMS = ['a', 'b']

/** By whom (0: somebody at the gateway), and which film. */
const writes = fc.array(fc.record({ who: fc.nat(2), film: fc.constantFrom(...FILMS), fields: part }), {
  minLength: 3,
  maxLength: 12,
})

test('registers of every scalar type, counters, sets and json: what three write apart is one thing for all', async () => {
  // A field that is added to the model is to be written here, too.
  const own = films.entity('Film').ir.fields.filter(({ type }) => type.kind !== 'ref')
  expect(Object.keys(VALUES).sort()).toEqual(own.map(({ name }) => name).sort())
  await fc.assert(
    fc.asyncProperty(writes, fc.boolean(), async (list, cut) => {
      const world = openWorld()
      const devices = [
        await openDevice({ now: () => world.clock }),
        await openDevice({ now: () => world.clock, skew: -50_000 }),
      ]
      await world.writer.commit({ scope, acts: FILMS.map(id => film(id)) })
      for (const device of devices) {
        device.connect(world)
        await quiet(device, world)
        if (cut) device.line?.cut()
      }
      const refused: unknown[] = []
      for (const { who, film: id, fields } of list) {
        world.clock += 5
        const acts: Act[] = [update('Film', `film_${id}`, { ...fields })]
        const author = devices[who - 1]
        const outcome = author
          ? author.replica.write({ acts }).outcome
          : await world.writer.commit({ scope, acts })
        refused.push(...outcome.verdict.problems)
      }
      const settle = async (device: Device): Promise<void> => {
        device.connect(world)
        await until(device, replica => replica.status().pending === 0)
      }
      for (const device of devices) await settle(device)
      for (const device of devices) await quiet(device, world)
      // Nothing here is wrong, neither where it was made nor at the gateway.
      expect(refused).toEqual([])
      for (const { replica } of devices) expect(replica.drawer()).toEqual([])
      const truth = await picture(world.reader)
      for (const { replica } of devices) expect(await picture(replica.reader)).toEqual(truth)
      expect(world.complaints).toEqual([])
      await world.close()
    }),
    { numRuns: Number(process.env.ZG_REPLICAS ?? 60) },
  )
}, 580_000)
