import { create, freshScope, set } from '@zg/core/ports/ports.suite'
import type { Position } from '@zg/core/ports/position'
import type { Scope } from '@zg/core/ports/scope'
import { TRUE } from '@zg/core/query/expression'
import { expect, test } from 'vitest'
import { describePg } from '../../scripts/testing/pg.ts'
import { createChance } from '../../scripts/testing/seed.ts'
import { twoGateways } from './gateways.fixture.ts'
import type { Store } from './store.ts'

/** Promises 3 and 7. ZG_ROWS=1000000 writes so many. */
const ROWS = Number(process.env.ZG_ROWS ?? 6_000)
const COMMITTERS = 16
/** A mutation makes so many rows at most. */
const MOST = 60
/** One row in so many is wanted by those who do not want all. */
const EVERY = 3
/** Who goes on from further back does so from one of the ends of his last batches. */
const MEMORY = 20

const below = createChance()

/** Which rows each mutation makes: numbers from one on. */
interface Made {
  readonly from: number
  readonly size: number
}

describePg('16 who commit at two gateways', () => {
  const gateways = twoGateways()

  test(`feeds that stop anywhere and go on at either gateway, from where they were or before, tell ${ROWS} rows once each, and each mutation whole`, {
    timeout: 30_000 + ROWS,
  }, async () => {
    const stores = gateways().map(({ store }) => store)
    const scope = freshScope()
    const store = (): Store => stores[below(stores.length)] as Store
    const begin = (await store().writer.commit({ scope, acts: [] })).position
    const made: Made[] = []
    /** The mutation that made a row. */
    const maker = new Int32Array(ROWS)
    const writing = new AbortController()
    let next = 0

    const write = async (): Promise<void> => {
      while (next < ROWS) {
        const from = next
        const size = Math.min(1 + below(MOST), ROWS - from)
        next += size
        maker.fill(made.push({ from, size }) - 1, from, next)
        const acts = Array.from({ length: size }, (_, i) => {
          const name = (from + i) % EVERY ? 'other' : 'wanted'
          return create('Tag', `tag_${from + i}`, { name: set(name) })
        })
        const { verdict } = await store().writer.commit({ scope, acts })
        expect(verdict.status).toBe('applied')
      }
    }

    const followers = [1, EVERY, 1, EVERY].map(every => createFollower({ scope, every, begin, made, maker }))
    const following = followers.map(async follower => {
      while (!writing.signal.aborted) await follower.follow(store(), writing.signal, 1 + below(4))
    })
    await Promise.all(Array.from({ length: COMMITTERS }, write))
    const head = (await store().writer.commit({ scope, acts: [] })).position.seqs[scope.tenant] ?? 0
    writing.abort()
    await Promise.all(following)
    const { signal } = new AbortController()
    for (const follower of followers) while (follower.seq < head) await follower.follow(store(), signal, 1)

    expect(head).toBe(ROWS)
    for (const { every, told } of followers) {
      const wanted = Array.from({ length: ROWS }, (_, n) => (n % every ? 0 : 1))
      // Not to be printed, should they differ.
      expect(wanted.findIndex((times, n) => told(n) !== times)).toBe(-1)
    }
    const resumptions = followers.reduce((sum, { resumed }) => sum + resumed(), 0)
    expect(resumptions).toBeGreaterThan(followers.length)
    const [log] = await gateways()[0].own.query<{ lines: string; ids: string; last: string }>(
      'select count(*) as lines, count(distinct id) as ids, max(seq) as last from zg.log where tenant = $1',
      [scope.tenant],
    )
    expect(log).toEqual({ lines: String(ROWS), ids: String(ROWS), last: String(ROWS) })
  })
})

interface FollowerOptions {
  readonly scope: Scope
  readonly every: number
  readonly begin: Position
  readonly made: readonly Made[]
  readonly maker: Int32Array
}

function createFollower({ scope, every, begin, made, maker }: FollowerOptions) {
  const where =
    every === 1
      ? TRUE
      : ({
          kind: 'eq',
          left: { kind: 'path', path: ['name'] },
          right: { kind: 'value', value: 'wanted' },
        } as const)
  const seqOf = ({ seqs }: Position): number => seqs[scope.tenant] ?? 0
  /** How often a row was told since the position that was gone on from. */
  const times = new Uint8Array(ROWS)
  /** The ends of the last batches, with the rows they told. */
  const visited: { readonly position: Position; readonly rows: readonly number[] }[] = [
    { position: begin, rows: [] },
  ]
  let resumed = 0
  const here = (): Position => visited.at(-1)?.position ?? begin

  /** What was told since is forgotten. */
  const back = (batches: number): void => {
    for (let left = Math.min(batches, visited.length - 1); left > 0; left--) {
      for (const n of visited.pop()?.rows ?? []) times[n] = 0
    }
  }

  return {
    every,
    told: (n: number): number => times[n] ?? 0,
    resumed: () => resumed,
    get seq() {
      return seqOf(here())
    },
    follow: async ({ feed }: Store, signal: AbortSignal, batches: number): Promise<void> => {
      resumed++
      if (below(4) === 0) back(below(MEMORY))
      const since = here()
      let left = batches
      let before = seqOf(since)
      for await (const { events, position } of feed.follow({
        scope,
        shape: { entity: 'Tag', where },
        since,
        signal,
      })) {
        const seq = seqOf(position)
        expect(seq).toBeGreaterThan(before)
        before = seq
        const rows: number[] = []
        const whole = new Map<number, number>()
        for (const { kind, id } of events) {
          const n = Number(id.slice('tag_'.length))
          if (kind !== 'upsert' || n % every) throw new Error(`${kind} of ${id}`)
          times[n] = (times[n] ?? 0) + 1
          rows.push(n)
          const mutation = maker[n] ?? -1
          whole.set(mutation, (whole.get(mutation) ?? 0) + 1)
        }
        for (const [mutation, parts] of whole) {
          const { from, size } = made[mutation] as Made
          const wanted = Math.ceil((from + size) / every) - Math.ceil(from / every)
          expect([mutation, parts]).toEqual([mutation, wanted])
        }
        visited.push({ position, rows })
        if (visited.length > MEMORY) visited.shift()
        if (--left === 0) return
      }
    },
  }
}
