import { Crowded } from '@zg/core/ports/reader'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { describePg, freshDatabase, type Database as Server } from '../../../scripts/testing/pg.ts'
import { openDatabase } from '../database.ts'
import { Unavailable } from '../outage.ts'
import type { Database, Session } from '../session.ts'

describePg('shared snapshots', () => {
  let server: Server
  /** With one connection for reads: all but the first have to wait. */
  let database: Database
  beforeAll(async () => {
    server = await freshDatabase()
    database = await openDatabase({ url: server.url, pool: 1, snapshotLimit: 2_000 })
    await database.query('create table t (n int)')
  })
  beforeEach(async () => {
    await database.query('delete from t')
  })
  afterAll(async () => {
    await database.close()
    await server.drop()
  })

  const share = <T>(work: (session: Session) => Promise<T>, single = false) =>
    database.share(work, { single })
  /** Who holds the connection until told. */
  const holding = async () => {
    let release = () => {}
    const released = new Promise<void>(resolve => {
      release = resolve
    })
    let held: Promise<unknown> = Promise.resolve()
    await new Promise<void>(begun => {
      held = share(async session => {
        await session.query('select 1')
        begun()
        await released
      })
    })
    return async () => {
      release()
      await held
    }
  }
  const count = async (session: Session) => (await session.query('select count(*)::int as n from t'))[0]?.n
  /** When its transaction began. */
  const since = async (session: Session) => (await session.query('select now()::text as at'))[0]?.at
  const outcome = (answer: Promise<unknown>) =>
    answer.then(
      () => 'answered',
      error => (error instanceof Crowded ? { own: error.own } : error),
    )

  test('those who wait get one snapshot, who find a connection one of their own', async () => {
    const release = await holding()
    const waiting = Array.from({ length: 5 }, () => share(since))
    await release()
    const begun = await Promise.all(waiting)
    expect(new Set(begun).size).toBe(1)
    expect(await share(since)).not.toBe(begun[0])
    expect(await share(since, true)).not.toBe(begun[0])
  })

  test('nobody reads older than they asked, though others are reading', async () => {
    const release = await holding()
    let late: Promise<unknown> = Promise.resolve()
    const early = share(async session => {
      const before = await count(session)
      await database.query('insert into t values (1)')
      late = share(count)
      return [before, await count(session)]
    })
    const beside = share(async session => {
      await session.query('select 1')
      await early
      return count(session)
    })
    await release()
    expect(await early).toEqual([0, 0])
    expect(await beside).toBe(0)
    expect(await late).toBe(1)
  })

  test('where one fails, all are told to read again, and who is why', async () => {
    const release = await holding()
    const outcomes = [
      share(count),
      share(session => session.query('select 1 / $1::int as n', [0])),
      share(count),
    ].map(outcome)
    await release()
    // The first was answered before.
    expect(await Promise.all(outcomes)).toEqual(['answered', { own: true }, { own: false }])
    expect(await share(count)).toBe(0)
  })

  test('nobody waits long for what another asks', async () => {
    const release = await holding()
    const outcomes = [share(session => session.query('select pg_sleep(30)')), share(count)].map(outcome)
    await release()
    // Sooner than the limit of a snapshot, which is SnapshotExpired.
    expect(await Promise.all(outcomes)).toEqual([{ own: true }, { own: false }])
  })

  test('who is alone hears of their own errors, and may take as long as a snapshot', async () => {
    const wrong = (session: Session) => session.query('select 1 / $1::int as n', [0])
    for (const single of [true, false]) {
      await expect(share(wrong, single)).rejects.toThrow('division by zero')
      const slow = share(session => session.query('select pg_sleep(0.7) is null as n'), single)
      expect(await slow).toEqual([{ n: false }])
    }
  })

  test('a connection is not lent while a statement is under way that nobody waits for', async () => {
    const begun = performance.now()
    const left = share(async session => {
      await session.query('select 1')
      void session.query('select pg_sleep(0.4)')
    })
    const next = share(() => Promise.resolve(performance.now() - begun), true)
    await left
    expect(await next).toBeGreaterThan(390)
  })

  test('closing lets end what reads, and leaves nobody waiting', async () => {
    const closing = await openDatabase({ url: server.url, pool: 1 })
    const reading = closing.share(count, { single: false })
    const waiting = Array.from({ length: 40 }, () => closing.share(count, { single: false }))
    const closed = closing.close()
    const late = closing.share(count, { single: false })
    expect(await reading).toBe(0)
    const refused = (await Promise.allSettled([...waiting, late])).flatMap(one =>
      one.status === 'rejected' ? [one.reason] : [],
    )
    for (const reason of refused) expect(reason).toBeInstanceOf(Unavailable)
    await expect(late).rejects.toThrow(Unavailable)
    await closed
  })
})
