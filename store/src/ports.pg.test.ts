import { feedSuite } from '@zg/core/ports/feed.suite'
import { kindsSuite } from '@zg/core/ports/kinds.suite'
import { newIdsSuite } from '@zg/core/ports/newIds.suite'
import { add, desk, film, films, freshScope, increment, set, update } from '@zg/core/ports/ports.suite'
import { pushSuite } from '@zg/core/ports/push.suite'
import { writerSuite } from '@zg/core/ports/writer.suite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { describePg, freshDatabase, type Database as TestDatabase } from '../../scripts/testing/pg.ts'
import { openDatabase } from './database.ts'
import type { Database } from './session.ts'
import { openStore, type Store } from './store.ts'

/** A gateway's share: its own connections, its own writer, one of several on the same database. */
interface Gateway {
  readonly database: Database
  readonly store: Store
}

describePg('Postgres', () => {
  let database: TestDatabase
  let gateways: readonly [Gateway, Gateway]
  const open = async (): Promise<Gateway> => {
    const own = await openDatabase({ url: database.url })
    return { database: own, store: await openStore(own, films.model) }
  }
  beforeAll(async () => {
    database = await freshDatabase()
    // At once, as when a fleet starts: both create and migrate the same database.
    gateways = await Promise.all([open(), open()])
  })
  afterAll(async () => {
    for (const { store, database: own } of gateways) {
      await store.close()
      await own.close()
    }
    await database.drop()
  })

  writerSuite('Postgres', () => gateways[0].store)
  newIdsSuite('Postgres', () => gateways[0].store)
  pushSuite('Postgres', () => gateways[0].store)
  kindsSuite('Postgres', () => gateways[0].store)
  feedSuite('Postgres', () => gateways[0].store)
  // Written through one gateway, read and followed through the other.
  feedSuite('two gateways', () => ({ ...gateways[1].store, writer: gateways[0].store.writer }))

  describe('two gateways on one database', () => {
    test('concurrent merges into one row lose no field, no increment and no element', async () => {
      const scope = freshScope()
      const [here, there] = gateways.map(({ store }) => desk(store, scope)) as [
        ReturnType<typeof desk>,
        ReturnType<typeof desk>,
      ]
      await here.apply(film('a'))
      const rounds = Array.from({ length: 50 }, (_, i) => i)
      await Promise.all(
        rounds.flatMap(i => [
          here.apply(
            update('Film', 'film_a', { year: set(i), likes: increment('1'), moods: add(`here ${i}`) }),
          ),
          there.apply(
            update('Film', 'film_a', { score: set(i), likes: increment('1'), moods: add(`there ${i}`) }),
          ),
        ]),
      )
      const row = await here.row('Film', 'film_a')
      expect(row).toEqual(await there.row('Film', 'film_a'))
      expect(row).toMatchObject({ title: 'Film a', year: 49, score: 49, likes: '100' })
      expect(row?.moods).toEqual(rounds.flatMap(i => [`here ${i}`, `there ${i}`]).sort())
    })

    test('seq is gapless and commit-ordered, and a follower at either gateway sees each change once', async () => {
      const scope = freshScope()
      const desks = gateways.map(({ store }) => desk(store, scope))
      const end = new AbortController()
      const seen: string[] = []
      const following = (async () => {
        const since = { log: await logId(gateways[0].database), seqs: { [scope.tenant]: 0 } }
        const shape = { entity: 'Film', where: { kind: 'and', of: [] } } as const
        for await (const { events } of gateways[1].store.feed.follow({
          scope,
          shape,
          since,
          signal: end.signal,
        })) {
          seen.push(...events.map(({ id }) => id))
          if (seen.length >= 400) return
        }
      })()
      await Promise.all(
        Array.from({ length: 16 }, async (_, writer) => {
          for (let i = 0; i < 25; i++) await desks[writer % 2]?.apply(film(`f${writer}x${i}`))
        }),
      )
      await following
      end.abort()
      expect(new Set(seen).size).toBe(400)
      expect(seen).toHaveLength(400)
      const rows = await gateways[0].database.query<{ seqs: string; last: string }>(
        'select count(distinct seq) as seqs, max(seq) as last from zg.log where tenant = $1',
        [scope.tenant],
      )
      expect(rows).toEqual([{ seqs: '400', last: '400' }])
    })
  })
})

async function logId(database: Database): Promise<string> {
  const rows = await database.query<{ log: string }>('select log from zg.meta')
  return rows[0]?.log ?? ''
}
