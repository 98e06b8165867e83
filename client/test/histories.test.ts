import { histories } from '@zg/core/ports/history.suite'
import { film, increment } from '@zg/core/ports/ports.suite'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Device, openDevice, openWorld, picture, quiet, scope, until } from './world.fixture.ts'

type Happening = 'nothing' | 'connect' | 'cut' | 'restart' | 'crash' | 'breathe'

/** Who makes each mutation of a history (0: somebody at the gateway), and what happens to the replicas before it. */
const plans = fc.array(
  fc.record({
    who: fc.nat(2),
    device: fc.nat(1),
    happens: fc.constantFrom<Happening>(
      'nothing',
      'connect',
      'connect',
      'cut',
      'restart',
      'crash',
      'breathe',
      'breathe',
    ),
  }),
  { minLength: 26, maxLength: 26 },
)

/** The name of the row that only this mutation makes. */
const step = (i: number): string => `step${i}`

const breathe = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

test('any history, cut and crashed anywhere: all hold what the gateway holds, and what was kept was done once', async () => {
  await fc.assert(
    fc.asyncProperty(
      histories,
      plans,
      fc.infiniteStream(fc.double({ min: 0, max: 0.999, noNaN: true })),
      async (history, plan, chances) => {
        const world = openWorld()
        const devices = [
          await openDevice({ now: () => world.clock }),
          await openDevice({ now: () => world.clock, skew: 40_000 }),
        ]
        /** How often each mutation may have counted, as its author knows. Of what a crash may have cost: both. */
        const may: string[][] = []
        const happen = async (device: Device, what: Happening): Promise<void> => {
          if (what === 'connect') device.connect(world)
          else if (what === 'cut') device.line?.cut()
          else if (what === 'breathe') for (let i = 0; i < 10; i++) await breathe()
          else if (what !== 'nothing') {
            if (what === 'crash') device.disk.crash(() => chances.next().value)
            await device.restart()
          }
        }
        for (const [i, asked] of history.entries()) {
          // A row of its own, and one step of its counter.
          const acts = [...asked, film(step(i), { likes: increment('1') })]
          const { who, device, happens } = plan[i] ?? { who: 0, device: 0, happens: 'nothing' as const }
          await happen(devices[device] as Device, happens)
          world.clock += 7
          const author = devices[who - 1]
          if (!author) {
            const { verdict } = await world.writer.commit({ scope, acts })
            may.push([verdict.status === 'applied' ? '1' : '0'])
            continue
          }
          const { id, durable } = author.replica.write({ acts })
          may.push(id === null ? ['0'] : ['0', '1'])
          if (id === null || i % 3 === 0) continue
          await durable
          may[i] = ['1']
        }
        for (const device of devices) {
          device.connect(world)
          await until(device, replica => replica.status().pending === 0)
        }
        for (const device of devices) await quiet(device, world)
        const truth = await picture(world.reader)
        for (const { replica } of devices) expect(await picture(replica.reader)).toEqual(truth)
        // What was refused lies in its author's drawer.
        for (const { acts } of devices.flatMap(({ replica }) => replica.drawer())) {
          may[history.findIndex((_, i) => acts.some(({ id }) => id === `film_${step(i)}`))] = ['0']
        }
        const snapshot = world.reader.open(scope)
        const rows = await snapshot.rows(
          'Film',
          ['likes'],
          history.map((_, i) => `film_${step(i)}`),
        )
        await snapshot.close()
        for (const [i, row] of rows.entries()) expect(may[i]).toContain(row?.likes ?? '0')
        await world.close()
      },
    ),
    { numRuns: Number(process.env.ZG_REPLICAS ?? 60) },
  )
}, 580_000)
