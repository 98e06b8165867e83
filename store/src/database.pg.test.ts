import { ProblemError } from '@zg/core/problem'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describePg, freshDatabase, type Database as Server } from '../../scripts/testing/pg.ts'
import { openDatabase } from './database.ts'
import { type Database, isRefusal, SnapshotExpired } from './session.ts'

describePg('Postgres', () => {
  let server: Server
  let database: Database
  beforeAll(async () => {
    server = await freshDatabase()
    database = await openDatabase({ url: server.url, snapshotLimit: 1_000 })
    await database.query('create table t (n int)')
  })
  afterAll(async () => {
    await database.close()
    await server.drop()
  })

  test('values come as with PGlite', async () => {
    const rows = await database.query(
      `select 9007199254740993::bigint as big, '2026-11-21T10:00:00.120Z'::timestamptz as at, date '2026-11-21' as day,
        array[1, 2]::bigint[] as bigs, array[true, false] as flags, $1::text::jsonb as json,
        ($2::text[])[:2] as texts, ($2::text[])[3] is null as nothing`,
      ['{"a":1}', ['x', 'y,"\\\u00fc', null]],
    )
    expect(rows).toEqual([
      {
        big: '9007199254740993',
        at: '2026-11-21 10:00:00.12+00',
        day: '2026-11-21',
        bigs: ['1', '2'],
        flags: [true, false],
        json: { a: 1 },
        texts: ['x', 'y,"\\\u00fc'],
        nothing: true,
      },
    ])
  })

  test('a snapshot sees nothing of what is committed after it began', async () => {
    const counts = await database.transaction('snapshot', async session => {
      const count = () => session.query('select count(*)::int as n from t')
      const before = await count()
      await database.query('insert into t values (1)')
      return [before, await count()]
    })
    expect(counts).toEqual([[{ n: 0 }], [{ n: 0 }]])
    expect(await database.query('select count(*)::int as n from t')).toEqual([{ n: 1 }])
  })

  test('a write transaction sees what others committed after it began', async () => {
    const after = await database.transaction('write', async session => {
      await session.query('select count(*) from t')
      await database.query('insert into t values (2)')
      return session.query('select n from t where n = 2')
    })
    expect(after).toEqual([{ n: 2 }])
  })

  test('a snapshot ends at its limit, running or idle, and its connection serves again', async () => {
    const sleeping = database.transaction('snapshot', session => session.query('select pg_sleep(30)'))
    await expect(sleeping).rejects.toThrow(/longer than 1000 ms|statement timeout/)
    const holding: Promise<void> = database.transaction('snapshot', async session => {
      await session.query('select 1')
      await holding.catch(() => {})
    })
    await expect(holding).rejects.toThrow(SnapshotExpired)
    const answers = Array.from({ length: 20 }, () =>
      database.transaction('snapshot', session => session.query('select 1 as one')),
    )
    expect(await Promise.all(answers)).toHaveLength(20)
  })

  test('a statement that nobody waited for fails its transaction, and is blamed for what fails behind it', async () => {
    const failing = database.transaction('write', async session => {
      await session.query('insert into t values (7)')
      void session.query('insert into t values (1 / $1::int)', [0])
      void session.query('insert into t values (8)')
    })
    await expect(failing).rejects.toThrow('division by zero')
    expect(await database.query('select n from t where n in (7, 8)')).toEqual([])
  })

  test('a refused statement is told from a lost connection', async () => {
    const refused = await database.query('select 1 / 0').catch((error: unknown) => error)
    expect(isRefusal(refused)).toBe(true)
    const killed = await database
      .query('select pg_terminate_backend(pg_backend_pid())')
      .catch((error: unknown) => error)
    expect(killed).toBeInstanceOf(Error)
    expect(isRefusal(killed)).toBe(false)
    expect(await database.query('select 1 as one')).toEqual([{ one: 1 }])
  })

  test('payloads reach the listeners of other connections', async () => {
    const other = await openDatabase({ url: server.url })
    let leave = async () => {}
    const got = new Promise<string>((resolve, reject) => {
      other.listen('zg_test', resolve).then(unlisten => {
        leave = unlisten
        return database.notify('zg_test', '{"seq":1}')
      }, reject)
    })
    expect(await got).toBe('{"seq":1}')
    await leave()
    await other.close()
  })

  test('a wrong password is a problem with a remedy', async () => {
    const url = new URL(server.url)
    url.password = 'wrong'
    const error = await openDatabase({ url: url.href }).catch((error: unknown) => error)
    if (!(error instanceof ProblemError)) throw error
    expect(error.problems[0]).toMatchObject({
      code: 'PG_UNREACHABLE',
      message: expect.stringContaining('DATABASE_URL'),
    })
  })
})
