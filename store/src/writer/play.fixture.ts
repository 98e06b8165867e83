import { createClock } from '@zg/core/change/clock'
import type { Json } from '@zg/core/json'
import { inlineTextWork } from '@zg/core/memory/textWork'
import type { Feed, FeedBatch } from '@zg/core/ports/feed'
import { films } from '@zg/core/ports/ports.suite'
import type { Reader } from '@zg/core/ports/reader'
import { ANONYMOUS } from '@zg/core/ports/scope'
import type { Storage } from '@zg/core/ports/storage'
import type { Mutation } from '@zg/core/ports/writer'
import { type Expression, TRUE } from '@zg/core/query/expression'
import type { Row } from '@zg/core/query/query'
import { expect } from 'vitest'
import { createFeed } from '../feed/feed.ts'
import { createTail } from '../feed/tail.ts'
import { createTexts } from '../text/texts.ts'
import type { Host } from './host.ts'
import { createOracle, type Oracle } from './oracle.fixture.ts'
import { createWriter, type WriterOptions } from './writer.ts'

/** Time that moves only when somebody sleeps. */
export function fakeHost(): Host & { slept: number } {
  const host = {
    slept: 0,
    now: () => 1_700_000_000_000 + host.slept,
    breathe: () => new Promise<void>(resolve => setImmediate(resolve)),
    sleep: async (ms: number) => {
      host.slept += ms
      await host.breathe()
    },
  }
  return host
}

/** What was committed, what it should have been, and how things stood at the end of each mutation. */
export interface Played {
  readonly oracles: ReadonlyMap<string, Oracle>
  /** Tenant -> seq -> the rows of each entity. */
  readonly states: ReadonlyMap<string, ReadonlyMap<number, Rows>>
  readonly feed: Feed
}

type Rows = { readonly [entity: string]: readonly Row[] }

const rowsOf = (oracle: Oracle): Rows =>
  Object.fromEntries(films.entities.map(({ name }) => [name, oracle.rows(name)]))

/** Commits batch after batch, comparing verdicts with the oracle's; `check` looks at what each batch left. */
export async function play(
  storage: Storage,
  batches: readonly (readonly Mutation[])[],
  tenants: readonly string[],
  check: (oracles: ReadonlyMap<string, Oracle>) => Promise<void>,
  options: Pick<WriterOptions, 'sizes'> = {},
): Promise<Played> {
  const host = fakeHost()
  const clock = createClock({ now: host.now, replica: 7n })
  const writer = createWriter({
    storage,
    catalog: films,
    schema: 'schema',
    clock,
    host,
    onCommit: () => {},
    ...options,
  })
  const oracles = new Map(tenants.map(tenant => [tenant, createOracle()]))
  const states = new Map(
    tenants.map(tenant => [tenant, new Map<number, Rows>([[0, rowsOf(createOracle())]])]),
  )
  for (const batch of batches) {
    const outcomes = await Promise.all(batch.map(mutation => writer.commit(mutation)))
    const expected = batch.map((mutation, i) => {
      const { tenant } = mutation.scope
      const oracle = oracles.get(tenant)
      const codes = oracle?.commit(mutation) ?? []
      const seq = outcomes[i]?.position.seqs[tenant] ?? 0
      const known = states.get(tenant)
      // A retry is answered with a position long past.
      if (oracle && codes.length === 0 && !known?.has(seq)) known?.set(seq, rowsOf(oracle))
      return codes
    })
    expect(outcomes.map(({ verdict }) => verdict.problems.map(({ code }) => code))).toEqual(expected)
    await check(oracles)
  }
  await writer.close()
  return {
    oracles,
    states,
    feed: createFeed({
      catalog: films,
      tail: createTail({ storage, host }),
      host,
      storage,
      texts: createTexts(inlineTextWork()),
    }),
  }
}

/** Everything that readers show is what the oracle has, relations from both ends. */
export async function expectRows(reader: Reader, oracles: ReadonlyMap<string, Oracle>): Promise<void> {
  for (const [tenant, oracle] of oracles) {
    const snapshot = reader.open({ tenant, principal: ANONYMOUS })
    const order = [{ path: ['id'], direction: 'asc' }] as const
    for (const { name, fields } of films.entities) {
      const [rows] = await snapshot.pages({ entity: name, fields: [...fields.keys()], order })
      expect(rows).toEqual(oracle.rows(name))
    }
    for (const [entity, relation, target, pair] of RELATIONS) {
      const ids = oracle.rows(entity).map(({ id }) => id)
      const pages = await snapshot.pages({
        entity: target,
        fields: [],
        order,
        under: { entity, relation, ids },
      })
      const found = pages.flatMap((page, i) => page.map(({ id }) => [ids[i], id] as const))
      expect(found.sort()).toEqual(pair(oracle).toSorted())
    }
    await snapshot.close()
  }
}

type Pairs = (oracle: Oracle) => readonly (readonly [string, string])[]
const pairs =
  (entity: string, field: string): Pairs =>
  oracle =>
    oracle
      .rows(entity)
      .flatMap(row => (typeof row[field] === 'string' ? [[String(row[field]), row.id] as const] : []))
const edges: Pairs = oracle => oracle.edges().map(edge => edge.split('|') as [string, string])
const RELATIONS: readonly (readonly [string, string, string, Pairs])[] = [
  ['Film', 'tags', 'Tag', edges],
  ['Tag', 'films', 'Film', oracle => edges(oracle).map(([film, tag]) => [tag, film] as const)],
  ['Film', 'reviews', 'Review', pairs('Review', 'film')],
  ['Film', 'poster', 'Poster', pairs('Poster', 'film')],
  ['Person', 'directed', 'Film', pairs('Film', 'director')],
  ['Studio', 'films', 'Film', pairs('Film', 'studio')],
]

const compare = (kind: 'eq' | 'gte', field: string, value: Json): Expression => ({
  kind,
  left: { kind: 'path', path: [field] },
  right: { kind: 'value', value },
})

/** Shapes, each said twice: as an expression, and in plain words. */
const SHAPES: readonly { readonly entity: string; readonly where: Expression; holds(row: Row): boolean }[] = [
  { entity: 'Film', where: TRUE, holds: () => true },
  {
    entity: 'Film',
    where: compare('gte', 'year', 2),
    holds: ({ year }) => typeof year === 'number' && year >= 2,
  },
  {
    entity: 'Film',
    where: compare('eq', 'director', 'person_p'),
    holds: ({ director }) => director === 'person_p',
  },
  { entity: 'Review', where: compare('eq', 'film', 'film_a'), holds: ({ film }) => film === 'film_a' },
  { entity: 'Poster', where: compare('eq', 'film', 'film_b'), holds: ({ film }) => film === 'film_b' },
]

/**
 * Whoever holds the rows of a shape as they were at any position, and folds the events since, holds the rows as they
 * are now, and was never told anything of a row he did not see.
 */
export async function expectFeed(
  { oracles, states, feed }: Played,
  log: string,
  draw: number,
): Promise<void> {
  for (const [tenant, oracle] of oracles) {
    const known = [...(states.get(tenant) ?? [])]
    const [from, start] = known[draw % known.length] ?? [0, {} as Rows]
    const head = Math.max(...known.map(([seq]) => seq))
    for (const { entity, where, holds } of SHAPES) {
      const seen = new Map((start[entity] ?? []).filter(holds).map(row => [row.id, row]))
      const request = { scope: { tenant, principal: ANONYMOUS }, shape: { entity, where } }
      const end = new AbortController()
      const batches = feed.follow({
        ...request,
        since: { log, seqs: { [tenant]: from } },
        signal: end.signal,
      })
      if (from < head) {
        for await (const batch of batches) {
          fold(seen, batch)
          const seq = batch.position.seqs[tenant] ?? 0
          const then = states.get(tenant)?.get(seq)?.[entity]
          if (then) expect(byId(seen.values())).toEqual(then.filter(holds))
          if (seq >= head) break
        }
      }
      end.abort()
      expect(byId(seen.values())).toEqual(oracle.rows(entity).filter(holds))
    }
  }
}

function fold(seen: Map<string, Row>, { events }: FeedBatch): void {
  expect(new Set(events.map(({ id }) => id)).size).toBe(events.length)
  for (const event of events) {
    if (event.kind === 'upsert') seen.set(event.id, event.row)
    else expect([event, seen.delete(event.id)]).toEqual([event, true])
  }
}

function byId(rows: Iterable<Row>): readonly Row[] {
  return [...rows].sort((a, b) => (a.id < b.id ? -1 : 1))
}
