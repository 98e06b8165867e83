import type { Act } from '@zg/core/act/act'
import { film, set } from '@zg/core/ports/ports.suite'
import { ANONYMOUS, MAIN } from '@zg/core/ports/scope'
import fc from 'fast-check'
import { type ExecutionResult, parse } from 'graphql'
import { afterAll, describe, expect, test } from 'vitest'
import type { Api } from './api.ts'
import { type Generation, generation } from './generation.ts'
import type { Ending, Packet } from './listener.ts'
import { createMask } from './mask.ts'
import { storeApi } from './store-api.ts'
import { memory, pglite, type Stored } from './stored.suite.ts'

const mask = createMask({ suggestions: true, report: error => console.error(error), reference: () => 'x' })
const scope = { tenant: MAIN, principal: ANONYMOUS }

/** Years below 5 are in the shape. */
const FEED = parse(`subscription ($since: Cursor) {
  filmChanges(where: { year: { lt: 5 } }, since: $since) { cursor events { kind id film { title } } }
}`)
/** The same across a relation: such a shape knows its ids, and no batch of it can be bounded. */
const ACROSS = parse(`subscription ($since: Cursor) {
  filmChanges(where: { tags: { none: { name: { eq: "x" } } } }, since: $since) { cursor events { kind id film { title } } }
}`)
const LARGE = parse(`subscription ($since: Cursor) {
  filmChanges(where: { year: { lt: 5 } }, since: $since) { cursor events { kind id film { facts } } }
}`)

interface Batch {
  readonly cursor: string
  readonly events: readonly { readonly kind: string; readonly id: string }[]
}

/** A gateway's API without its transports, which counts the results that are made. */
function served(store: Stored) {
  const made = { results: 0 }
  const api = storeApi(store)
  const counting: Api = {
    ...api,
    subscribe: async operation => {
      const results = await api.subscribe(operation)
      if (!(Symbol.asyncIterator in results)) return results
      const iterator = results[Symbol.asyncIterator]()
      const next = iterator.next.bind(iterator)
      return Object.assign(results, {
        next: async () => {
          const result = await next()
          if (!result.done) made.results++
          return result
        },
      })
    },
  }
  return { made, one: generation(counting, mask) }
}

/** A reader of a feed, who takes each result as it comes, or when told to. */
async function reader(one: Generation, since: string | null, document = FEED, slow = false) {
  const left = new AbortController()
  const packets: Packet[] = []
  const endings: Ending[] = []
  const takes: (() => void)[] = []
  let wake = () => {}
  const refused = await one.share({ document, variableValues: { since }, signal: left.signal })?.join({
    next: packet => {
      packets.push(packet)
      wake()
    },
    end: ending => {
      endings.push(ending)
      wake()
    },
    ready: () => (slow ? new Promise(resolve => takes.push(resolve)) : undefined),
  })
  const batches = () =>
    packets.flatMap(({ result: { data } }) => (data ? [data.filmChanges as unknown as Batch] : []))
  return {
    refused,
    packets,
    endings,
    batches,
    take: () => takes.shift()?.(),
    leave: () => left.abort(),
    cursor: () => batches().at(-1)?.cursor ?? since,
    heard: () => batches().flatMap(({ events }) => events.map(({ kind, id }) => `${kind} ${id}`)),
    until: async (done: () => boolean) => {
      while (!done()) {
        await new Promise<void>(resolve => {
          wake = resolve
        })
      }
    },
  }
}
type Reader = Awaited<ReturnType<typeof reader>>

let fresh = 0

describe.each([
  ['memory', memory, { runs: 10, commits: 50 }],
  ['PGlite', pglite, { runs: 1, commits: 50 }],
] as const)('%s', (name, open, { runs, commits }) => {
  const opened = Promise.resolve(open())
  afterAll(async () => (await opened).close())

  const commit = async (store: Stored, ...acts: Act[]): Promise<number> => {
    const { verdict, position } = await store.writer.commit({ scope, acts })
    expect(verdict.problems).toEqual([])
    return position.seqs[MAIN] ?? 0
  }
  const create = (store: Stored, year: number) => commit(store, film(`f${fresh++}`, { year: set(year) }))
  const startOf = async (store: Stored): Promise<string> => {
    const { one } = served(store)
    const first = await reader(one, 'START')
    await first.until(() => first.batches().some(({ cursor }) => cursor !== 'START'))
    first.leave()
    return first.cursor() ?? ''
  }

  test('who resumes and has caught up gets what was made for all, from then on', async () => {
    const { store } = await opened
    const start = await startOf(store)
    for (let i = 0; i < 30; i++) await create(store, 1)
    const { one, made } = served(store)
    const late = await Promise.all(Array.from({ length: 10 }, () => reader(one, start)))
    for (const each of late) await each.until(() => each.heard().length >= 30)
    expect(late.map(each => each.heard().length)).toEqual(Array(10).fill(30))
    const first = await reader(one, null)
    // One result more, whoever there is.
    for (let i = 1; i <= 3; i++) {
      const before = made.results
      await create(store, 1)
      for (const each of [first, ...late])
        await each.until(() => each.heard().at(-1) === `UPSERT film_f${fresh - 1}`)
      expect(new Set([first, ...late].map(each => each.packets.at(-1))).size).toBe(1)
      expect(made.results - before).toBe(1)
      // Nobody hears of what was before they asked.
      expect(first.heard()).toHaveLength(i)
    }
    for (const each of [first, ...late]) each.leave()
  })

  test('at the head already, nothing is made for them alone', async () => {
    const { store } = await opened
    await create(store, 1)
    const start = await startOf(store)
    const { one, made } = served(store)
    const late = [await reader(one, start), await reader(one, start), await reader(one, null)]
    await create(store, 1)
    for (const each of late) await each.until(() => each.packets.length > 0)
    expect([new Set(late.map(each => each.packets[0])).size, made.results]).toEqual([1, 1])
    for (const each of late) each.leave()
  })

  test('who asks from now on hears nothing from before, also where a latecomer came first', async () => {
    const { store } = await opened
    const start = await startOf(store)
    for (let i = 0; i < 10; i++) await create(store, 1)
    const { one } = served(store)
    const [late, first] = await Promise.all([reader(one, start), reader(one, null)])
    await late.until(() => late.heard().length >= 10)
    await create(store, 1)
    await first.until(() => first.heard().length > 0)
    expect(first.heard()).toEqual([`UPSERT film_f${fresh - 1}`])
    for (const each of [late, first]) each.leave()
  })

  test('one at their own pace is not sent more before they have taken the last', async () => {
    const { store } = await opened
    const start = await startOf(store)
    for (let i = 0; i < 5; i++) await create(store, 1)
    const { one } = served(store)
    const quick = await reader(one, null)
    const slow = await reader(one, start, FEED, true)
    await slow.until(() => slow.packets.length > 0)
    const ahead = slow.heard().length
    for (let i = 0; i < 5; i++) {
      await create(store, 1)
      await quick.until(() => quick.heard().length > i)
    }
    expect([slow.packets.length, ahead]).toEqual([1, 5])
    slow.take()
    await create(store, 1)
    const last = `UPSERT film_f${fresh - 1}`
    await slow.until(() => slow.heard().at(-1) === last)
    expect(slow.heard()).toHaveLength(11)
    for (const each of [quick, slow]) each.leave()
  })

  test('what is told meanwhile is kept up to a limit; beyond it a later place is aimed at', async () => {
    const { store } = await opened
    const start = await startOf(store)
    const { one } = served(store)
    const large = () => film(`f${fresh++}`, { year: set(1), facts: set('x'.repeat(60_000)) })
    await commit(store, large())
    const quick = await reader(one, null, LARGE)
    const slow = await reader(one, start, LARGE, true)
    await slow.until(() => slow.packets.length > 0)
    for (let i = 1; i <= 10; i++) {
      await commit(store, large())
      await quick.until(() => quick.heard().length === i)
    }
    slow.take()
    await slow.until(() => slow.heard().length > 6)
    slow.take()
    await commit(store, large())
    const last = `UPSERT film_f${fresh - 1}`
    await slow.until(() => slow.heard().at(-1) === last)
    expect(slow.heard()).toHaveLength(12)
    expect(new Set(slow.heard()).size).toBe(12)
    // What was beyond the limit came from the log, the rest is the others' own.
    expect(slow.packets.length).toBeLessThan(12)
    expect(slow.packets.at(-1)).toBe(quick.packets.at(-1))
    for (const each of [quick, slow]) each.leave()
  })

  test.each([
    ['another log', 'c1.eyJsb2ciOiJlbHNld2hlcmUiLCJzZXFzIjp7Im1haW4iOjB9fQ'],
    ['nowhere', 'p1.x'],
  ])('a cursor of %s is refused, and disturbs nobody', async (_, since) => {
    const { store } = await opened
    const { one } = served(store)
    const first = await reader(one, null)
    const late = await reader(one, since)
    if (!late.refused) await late.until(() => late.endings.length > 0)
    const said: ExecutionResult | undefined = late.refused ?? late.packets[0]?.result
    expect(said?.errors?.[0]?.extensions.code).toBe('BAD_CURSOR')
    await create(store, 1)
    await first.until(() => first.heard().length === 1)
    expect(late.heard()).toEqual([])
    first.leave()
  })

  test('a cursor ahead of the shared stream is one of this log, or refused', async () => {
    const { store } = await opened
    const start = await startOf(store)
    const { log, seqs } = JSON.parse(Buffer.from(start.slice(3), 'base64url').toString())
    const ahead = JSON.stringify({ log, seqs: { [MAIN]: seqs[MAIN] + 7 } })
    const late = await reader(served(store).one, `c1.${Buffer.from(ahead).toString('base64url')}`)
    await late.until(() => late.endings.length > 0)
    expect(late.packets[0]?.result.errors?.[0]?.extensions.code).toBe('BAD_CURSOR')
  })

  test('retirement reaches who is still on the way, and who leaves there leaves nothing behind', async () => {
    const { store } = await opened
    const start = await startOf(store)
    for (let i = 0; i < 3; i++) await create(store, 1)
    const { one } = served(store)
    const [gone, stays] = [await reader(one, start, FEED, true), await reader(one, start, FEED, true)]
    await stays.until(() => stays.packets.length === 1)
    gone.leave()
    one.retire({ code: 'SHUTTING_DOWN', message: 'x' } as never)
    await stays.until(() => stays.endings.length === 1)
    expect([stays.endings, gone.endings]).toEqual([[{ kind: 'retired' }], []])
  })

  const step = fc.record({
    /** Films made at once, by as many writers; some are out of the shape. */
    years: fc.array(fc.nat(6), { minLength: 1, maxLength: 3 }),
    /** Who leaves, comes back from an earlier cursor, or comes anew. */
    comes: fc.option(fc.nat(9), { freq: 2 }),
    /** Commits are waited for before the next step, or not. */
    waits: fc.boolean(),
  })
  const steps = fc.array(step, { minLength: commits, maxLength: commits })

  test.each([
    ['a shape', FEED, (year: number) => year < 5],
    ['a shape across relations', ACROSS, () => true],
  ] as const)(
    '%s: wherever they are handed over, all hear everything once, in order',
    async (_, document, holds) => {
      await fc.assert(
        fc.asyncProperty(steps, async list => {
          // In memory every run begins with an empty log: reads there cost as much as the log is long.
          const store = name === 'memory' ? memory().store : (await opened).store
          const start = await startOf(store)
          const { one } = served(store)
          const readers: Reader[] = [await reader(one, start, document)]
          /** By reader: what they had not heard when they came. */
          const from: number[] = [0]
          const cursors: { readonly cursor: string; readonly heard: number }[] = [{ cursor: start, heard: 0 }]
          const expected: string[] = []
          for (const { years, comes, waits } of list) {
            const made = years.map(year => ({ id: `f${fresh++}`, year }))
            const done = Promise.all(made.map(({ id, year }) => commit(store, film(id, { year: set(year) }))))
            if (waits || document === ACROSS) await done
            if (comes !== null) {
              const { cursor, heard } = cursors[comes % cursors.length] as (typeof cursors)[0]
              readers.push(await reader(one, cursor, document))
              from.push(heard)
            }
            const order = made.map((film, i) => ({ film, at: done.then(seqs => seqs[i] ?? 0) }))
            const told = await Promise.all(order.map(async each => ({ ...each.film, at: await each.at })))
            told.sort((a, b) => a.at - b.at)
            expected.push(...told.filter(({ year }) => holds(year)).map(({ id }) => `UPSERT film_${id}`))
            const [first] = readers
            if (first?.batches().length && first.heard().length)
              cursors.push({ cursor: first.cursor() ?? '', heard: first.heard().length })
          }
          await commit(store, film(`f${fresh}`, { year: set(0) }))
          expected.push(`UPSERT film_f${fresh++}`)
          for (const [i, each] of readers.entries()) {
            const due = expected.slice(from[i])
            await each.until(() => each.heard().length >= due.length || each.endings.length > 0)
            expect(new Set(each.heard())).toEqual(new Set(due))
            expect(each.heard()).toHaveLength(due.length)
          }
          for (const each of readers) each.leave()
        }),
        { numRuns: runs, endOnFailure: true },
      )
    },
    60_000,
  )
})
