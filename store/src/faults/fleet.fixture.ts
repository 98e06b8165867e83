import { freshScope } from '@zg/core/ports/ports.suite'
import type { Scope } from '@zg/core/ports/scope'
import { afterAll, beforeAll, expect } from 'vitest'
import { freshDatabase, type Database as TestDatabase } from '../../../scripts/testing/pg.ts'
import { type FaultyProxy, type Link, type Passing, startProxy } from '../../../scripts/testing/proxy.ts'
import { openDatabase } from '../database.ts'
import type { Database } from '../session.ts'
import { openStore, type Store } from '../store.ts'
import { audit } from './audit.fixture.ts'
import { type History, isLeftAlone, type Load, SHARED, startLoad } from './load.fixture.ts'
import { written } from './model.fixture.ts'
import { OPEN } from './typist.fixture.ts'

/** What reads a piece of the log. */
export const READS_LOG = /string_agg\(change::text/

/** COMMIT of a batch that somebody waits for (folds of texts are saved, too): on its way there, or its answer. */
export function commitIs(whose: Passing['from']): (passing: Passing) => boolean {
  const writing = new WeakSet<Link>()
  return ({ from, text, link }) => {
    if (from === 'client' && /^begin/.test(text ?? '')) writing.delete(link)
    if (from === 'client' && /^insert into zg.log/.test(text ?? '')) writing.add(link)
    return from === whose && text?.toLowerCase() === 'commit' && writing.has(link)
  }
}

/** Two gateways' stores on one Postgres, behind one proxy, and a way to the database past it. */
export interface Fleet {
  readonly proxy: FaultyProxy
  readonly stores: readonly [Store, Store]
  readonly databases: readonly [Database, Database]
  readonly witness: Database
  /**
   * Does `trial` so often under load, with work done at both gateways before and after each time, and then holds
   * all that was acknowledged against the database. Answers what callers were told.
   */
  suffer(trials: number, trial: (load: Load) => Promise<void>): Promise<History>
  close(): Promise<void>
}

/** ZG_FAULTS=10 does every fault ten times as often. */
export const TIMES = Number(process.env.ZG_FAULTS ?? 1)

/** ms of a statement, so that a test need not wait for the ten seconds of production. */
const LIMIT = 500
/** ms: nobody may wait longer for an answer, not even on a machine that is busy otherwise. */
export const BOUND = 20_000

/** A fleet on a database of its own, for the tests of a `describe`. */
export function fleetForAll(): () => Fleet {
  let server: TestDatabase
  let fleet: Fleet
  beforeAll(async () => {
    server = await freshDatabase()
    fleet = await startFleet(server.url)
  })
  afterAll(async () => {
    await fleet.close()
    await server.drop()
  })
  return () => fleet
}

export async function startFleet(url: string): Promise<Fleet> {
  const witness = await openDatabase({ url })
  const proxy = await startProxy(url)
  const open = () => openDatabase({ url: proxy.url, statementLimit: LIMIT, snapshotLimit: LIMIT })
  const databases = [await open(), await open()] as const
  const stores = [
    await openStore(databases[0], written.model),
    await openStore(databases[1], written.model),
  ] as const
  const [meta] = await witness.query<{ log: string }>('select log from zg.meta')
  return {
    proxy,
    databases,
    stores,
    witness,
    suffer: async (trials, trial) => {
      const scope = freshScope()
      const load = await startLoad({ stores, scope, log: meta?.log ?? '' })
      for (let i = 0; i < trials; i++) {
        await load.more(3)
        await trial(load)
        await load.more(3)
      }
      const history = await load.stop()
      await judge(witness, scope, history)
      for (const store of stores) await judgeTexts(store, scope, history)
      return history
    },
    close: async () => {
      for (const store of stores) await store.close()
      for (const database of databases) await database.close()
      await proxy.close()
      await witness.close()
    },
  }
}

/** What was typed stands in the texts as either gateway reads them: every word, once, and each caller's in order. */
async function judgeTexts({ reader }: Store, scope: Scope, { typed }: History): Promise<void> {
  const snapshot = reader.open(scope)
  const ids = [OPEN, ...typed.map((_, caller) => `note_of${caller}`)]
  const rows = await snapshot.rows('Note', ['body'], ids)
  await snapshot.close()
  const [open = '', ...own] = rows.map(row => String(row?.body))
  const words = open.match(/\S+ /g) ?? []
  const of = (caller: number) => words.filter(word => word.startsWith(`${caller}x`))
  expect(typed.map((_, caller) => of(caller))).toEqual(typed.map(each => each.open))
  expect(words).toHaveLength(typed.flatMap(each => each.open).length)
  expect(own).toEqual(typed.map(each => each.own.join('')))
}

/** The four promises: nothing acknowledged is lost, nothing counts twice, feeds have no gap, projections follow from the log. */
async function judge(witness: Database, scope: Scope, history: History): Promise<void> {
  const { acknowledged, alive, gone, views } = history
  const rows = await witness.query<{ id: string; likes: string }>(
    'select id, likes from film where tenant = $1 order by id',
    [scope.tenant],
  )
  expect(rows.map(({ id }) => id)).toEqual([...alive, SHARED].sort())
  expect(rows.find(({ id }) => id === SHARED)?.likes).toBe(String(acknowledged))
  for (const { rows: seen, told, likes } of views) {
    expect([...seen.keys()].sort()).toEqual([...alive, SHARED].sort())
    expect(seen.get(SHARED)?.likes).toBe(String(acknowledged))
    expect(likes).toEqual(likes.toSorted((one, other) => one - other))
    expect([...told].filter(([id, times]) => isLeftAlone(id) && times !== 1)).toEqual([])
    expect([...gone].filter(id => seen.has(id))).toEqual([])
  }
  expect(await audit(witness, written, scope.tenant)).toEqual([])
}
