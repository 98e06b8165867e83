import type { Act } from '@zg/core/act/act'
import { film, increment, remove, set, update } from '@zg/core/ports/ports.suite'
import type { Snapshot } from '@zg/core/ports/reader'
import { ANONYMOUS, MAIN } from '@zg/core/ports/scope'
import fc from 'fast-check'
import { type ExecutionResult, parse } from 'graphql'
import { afterAll, describe, expect, test } from 'vitest'
import { generation } from './generation.ts'
import type { Packet } from './listener.ts'
import { createMask } from './mask.ts'
import { storeApi } from './store-api.ts'
import { memory, pglite, type Stored } from './stored.suite.ts'

const mask = createMask({ suggestions: true, report: error => console.error(error), reference: () => 'x' })
const scope = { tenant: MAIN, principal: ANONYMOUS }

/** A gateway's API without its transports. */
function served(store: Stored) {
  const runs = { count: 0 }
  const reader = {
    open: (asker: typeof scope): Snapshot => {
      const snapshot = store.reader.open(asker)
      const lists: Snapshot['lists'] = query => {
        runs.count++
        return snapshot.lists(query)
      }
      return { ...snapshot, lists }
    },
  }
  const one = generation(storeApi({ ...store, reader }, { coalesce: 0 }), mask)
  const operation = (text: string) => ({ document: parse(text), signal: new AbortController().signal })
  return {
    runs,
    ask: (text: string): Promise<ExecutionResult> => one.execute(operation(text)),
    commit: async (...acts: Act[]) => {
      const { verdict } = await store.writer.commit({ scope, acts })
      expect(verdict.problems).toEqual([])
    },
    watch: async (text: string) => {
      const left = new AbortController()
      const packets: Packet[] = []
      let wake = () => {}
      const shared = one.share({ document: parse(text), signal: left.signal })
      await shared?.join({
        next: packet => {
          packets.push(packet)
          wake()
        },
        end: () => {},
      })
      return {
        packets,
        leave: () => left.abort(),
        /** Resolves when `count` results have come. */
        until: async (count: number): Promise<Packet> => {
          while (packets.length < count) {
            await new Promise<void>(resolve => {
              wake = resolve
            })
          }
          return packets[count - 1] as Packet
        },
      }
    },
  }
}

const PAGE = `films(first: 4, where: { year: { lt: 8 } }, orderBy: [{ year: ASC }, { title: DESC }]) {
  nodes { id title year director { name } } pageInfo { hasNextPage endCursor } }`

type Step = {
  readonly kind: 'create' | 'retime' | 'retitle' | 'like' | 'delete'
  readonly n: number
  readonly value: number
}

/** Years around the edge of the page and of the filter; films few enough to be met again. */
const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom('create', 'create', 'retime', 'retime', 'retitle', 'like', 'delete'),
  n: fc.nat(9),
  value: fc.nat(9),
})

/** What a step does to the films there are; nothing if it does not fit. */
function actOf({ kind, n, value }: Step, there: ReadonlySet<string>, fresh: string): Act | null {
  if (kind === 'create') return film(fresh, { year: set(value), title: set(`t${n}`) })
  const id = [...there][n % Math.max(1, there.size)]
  if (!id) return null
  if (kind === 'delete') return remove('Film', id)
  const fields = {
    retime: { year: set(value) },
    retitle: { title: set(`t${value}`) },
    like: { likes: increment('1') },
  }
  return update('Film', id, fields[kind])
}

let made = 0

/** After every step the live page is what the query gives when asked afresh, and nothing else is ever sent. */
async function equalAfresh(store: Stored, steps: readonly Step[]): Promise<void> {
  const { ask, commit, watch } = served(store)
  const live = await watch(`subscription { ${PAGE} }`)
  let sent = (await live.until(1)).text
  let count = 1
  const there = new Set<string>()
  for (const next of steps) {
    const act = actOf(next, there, `live${made++}`)
    if (!act) continue
    await commit(act)
    if (act.kind === 'create') there.add(act.id)
    if (act.kind === 'delete') there.delete(act.id)
    const afresh = JSON.stringify(await ask(`{ ${PAGE} }`))
    if (afresh !== sent) sent = (await live.until(++count)).text
    expect(sent).toBe(afresh)
    expect(live.packets.length).toBe(count)
  }
  live.leave()
  if (there.size) await commit(...[...there].map(id => remove('Film', id)))
}

/** Results in memory; `ZG_LIVE=50000` on demand. */
const CASES = Number(process.env.ZG_LIVE ?? 1_000)

describe.each([
  ['memory', memory, { runs: Math.ceil(CASES / 50), length: 50 }],
  ['PGlite', pglite, { runs: 2, length: 40 }],
] as const)('%s', (name, open, { runs, length }) => {
  const opened = Promise.resolve(open())
  afterAll(async () => (await opened).close())

  const steps = fc.array(step, { minLength: length, maxLength: length })

  test(
    'a live page equals the query asked afresh, whatever happens around its edge',
    async () => {
      const { store } = await opened
      await fc.assert(
        // In memory every run begins with an empty log: reads there cost as much as the log is long.
        fc.asyncProperty(steps, list => equalAfresh(name === 'memory' ? memory().store : store, list)),
        { numRuns: runs, endOnFailure: true },
      )
    },
    60_000 + 20 * CASES,
  )

  const TITLES = 'films(orderBy: [{ title: ASC }]) { nodes { title } }'

  test('equal live queries are read once for all', async () => {
    const { store } = await opened
    const { commit, watch, runs } = served(store)
    const many = await Promise.all(Array.from({ length: 20 }, () => watch(`subscription { ${TITLES} }`)))
    const first = await Promise.all(many.map(one => one.until(1)))
    expect([new Set(first).size, runs.count]).toEqual([1, 1])
    await commit(film('shared'))
    const second = await Promise.all(many.map(one => one.until(2)))
    expect([new Set(second).size, runs.count]).toEqual([1, 2])
    const late = await watch(`subscription { ${TITLES} }`)
    expect([await late.until(1), runs.count]).toEqual([second[0], 2])
    for (const one of [...many, late]) one.leave()
    await commit(remove('Film', 'film_shared'))
  })

  test('who subscribes after a write was answered sees it, whoever has been watching', async () => {
    const { store } = await opened
    const { ask, commit, watch } = served(store)
    const early = await watch(`subscription { ${TITLES} }`)
    await early.until(1)
    for (let i = 0; i < 10; i++) {
      await commit(film(`written${i}`))
      const late = await watch(`subscription { ${TITLES} }`)
      expect((await late.until(1)).text).toBe(JSON.stringify(await ask(`{ ${TITLES} }`)))
      late.leave()
    }
    early.leave()
    await commit(...Array.from({ length: 10 }, (_, i) => remove('Film', `film_written${i}`)))
  })

  test('a change costs nothing to those who read other entities', async () => {
    const { store } = await opened
    const { commit, watch, runs } = served(store)
    const people = await Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        watch(`subscription { people(first: ${i + 1}) { nodes { name } } }`),
      ),
    )
    const titles = await watch('subscription { films { nodes { title } } }')
    await Promise.all([...people, titles].map(one => one.until(1)))
    const before = runs.count
    await commit(film('other'))
    await titles.until(2)
    expect(runs.count - before).toBe(1)
    for (const one of [...people, titles]) one.leave()
    await commit(remove('Film', 'film_other'))
  })
})
