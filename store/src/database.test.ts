import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ProblemError } from '@zg/core/problem'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { requireOrSkip } from '../../scripts/testing/require.ts'
import { memoryDatabase } from './database.fixture.ts'
import { openDatabase } from './database.ts'
import { tooOld } from './postgres.ts'
import { type Database, SnapshotExpired } from './session.ts'

async function problemOf(
  opening: Promise<Database>,
): Promise<{ readonly code: string; readonly message: string }> {
  const error = await opening.then(
    async database => {
      await database.close()
      return new Error('It opened')
    },
    (error: unknown) => error,
  )
  if (error instanceof ProblemError && error.problems[0]) return error.problems[0]
  throw error
}

describe('PGlite', () => {
  let database: Database
  beforeAll(async () => {
    database = await memoryDatabase()
    await database.query('create table t (n int)')
  })
  afterAll(() => database.close())

  test('turns are first come, first served, and a transaction is never interrupted', async () => {
    const order: string[] = []
    const turn = (mode: 'write' | 'snapshot', name: string) =>
      database.transaction(mode, async session => {
        order.push(`${name} in`)
        await session.query('select 1')
        order.push(`${name} out`)
      })
    const single = database.query('select 1').then(() => order.push('single'))
    await Promise.all([turn('write', 'a'), turn('snapshot', 'b'), single, turn('write', 'c')])
    const turns = order.filter(one => one !== 'single')
    expect(turns).toEqual(['a in', 'a out', 'b in', 'b out', 'c in', 'c out'])
  })

  test('snapshots that wait share one state, and a failure stays with its reader', async () => {
    const order: string[] = []
    const reading = (name: string, text: string) =>
      database.transaction('snapshot', async session => {
        order.push(`${name} in`)
        try {
          return await session.query(text)
        } finally {
          const [row] = await session.query(
            'select pg_current_snapshot()::text as seen, txid_current_if_assigned() as id',
          )
          order.push(`${name} out ${row?.seen}`)
        }
      })
    const write = database.transaction('write', session => session.query('insert into t values (9)'))
    const readings = [
      reading('a', 'select n from t'),
      reading('b', 'select nonsense'),
      reading('c', 'select n from t'),
    ]
    const [a, b, c] = await Promise.allSettled(readings)
    await write
    expect(a).toMatchObject({ status: 'fulfilled', value: [{ n: 9 }] })
    expect(b).toMatchObject({ status: 'rejected', reason: { message: expect.stringContaining('nonsense') } })
    expect(c).toMatchObject({ status: 'fulfilled', value: [{ n: 9 }] })
    expect(order.slice(0, 3)).toEqual(['a in', 'b in', 'c in'])
    expect(new Set(order.slice(3).map(one => one.slice(2))).size).toBe(1)
    await database.query('delete from t')
  })

  test('a reader that comes while others read waits for the next snapshot', async () => {
    const later: Promise<unknown>[] = []
    await database.transaction('snapshot', async session => {
      await session.query('select 1')
      later.push(database.transaction('write', writing => writing.query('insert into t values (5)')))
      later.push(database.transaction('snapshot', reading => reading.query('select n from t')))
      expect(await session.query('select n from t')).toEqual([])
    })
    expect(await later[1]).toEqual([{ n: 5 }])
    await database.query('delete from t')
  })

  test('a transaction that throws leaves nothing, and the next one works', async () => {
    const failing = database.transaction('write', async session => {
      await session.query('insert into t values (1)')
      await session.query('select nonsense')
    })
    await expect(failing).rejects.toThrow('nonsense')
    expect(await database.query('select n from t')).toEqual([])
  })

  test('a statement that nobody waited for fails its transaction', async () => {
    const failing = database.transaction('write', async session => {
      void session.query('insert into t values (1)')
      void session.query('select nonsense')
    })
    await expect(failing).rejects.toThrow('nonsense')
    expect(await database.query('select n from t')).toEqual([])
  })

  test('snapshots cannot write', async () => {
    const writing = database.transaction('snapshot', session => session.query('insert into t values (1)'))
    await expect(writing).rejects.toThrow('read-only')
  })

  test('a snapshot held too long is closed, and others get their turn', async () => {
    const impatient = await memoryDatabase({ snapshotLimit: 20 })
    let late: Promise<unknown> | undefined
    const holding = impatient.transaction('snapshot', async session => {
      await session.query('select 1')
      await holding.catch(() => {})
      late = session.query('select 1')
      await late
    })
    await expect(holding).rejects.toThrow(SnapshotExpired)
    expect(await impatient.query('select 1 as one')).toEqual([{ one: 1 }])
    await expect(late).rejects.toThrow(SnapshotExpired)
    await impatient.close()
  })

  test('timers get their turn beside a loop of queries', async () => {
    let ticked = false
    setTimeout(() => {
      ticked = true
    }, 1)
    for (let i = 0; i < 2_000 && !ticked; i++) await database.query('select 1')
    expect(ticked).toBe(true)
  })

  test('payloads reach listeners until they leave', async () => {
    const got: string[] = []
    const leave = await database.listen('zg_test', payload => got.push(payload))
    await database.notify('zg_test', '{"seq":1}')
    await leave()
    await database.notify('zg_test', '{"seq":2}')
    expect(got).toEqual(['{"seq":1}'])
  })
})

describe('a data folder', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'zg-data-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  test('keeps what was written', async () => {
    const directory = join(folder, 'kept', 'db')
    const first = await openDatabase({ directory })
    await first.query('create table t as select 7 as n')
    await first.close()
    const second = await openDatabase({ directory })
    expect(await second.query('select n from t')).toEqual([{ n: 7 }])
    await second.close()
  })

  test('that holds something else is refused', async () => {
    const directory = join(folder, 'other')
    await mkdir(directory)
    await writeFile(join(directory, 'letter.txt'), 'Dear Jane')
    expect(await problemOf(openDatabase({ directory }))).toMatchObject({
      code: 'DATA_CORRUPT',
      message: expect.stringContaining(directory),
    })
  })

  test('of another version is refused', async () => {
    const directory = join(folder, 'old')
    await mkdir(directory)
    await writeFile(join(directory, 'PG_VERSION'), '14\n')
    expect(await problemOf(openDatabase({ directory }))).toMatchObject({ code: 'DATA_CORRUPT' })
  })

  test('that lost its files is refused', async () => {
    const directory = join(folder, 'broken')
    const database = await openDatabase({ directory })
    await database.close()
    await rm(join(directory, 'global'), { recursive: true })
    expect(await problemOf(openDatabase({ directory }))).toMatchObject({ code: 'DATA_CORRUPT' })
  })

  test('that is a file is refused', async () => {
    const directory = join(folder, 'file')
    await writeFile(directory, '')
    expect(await problemOf(openDatabase({ directory }))).toMatchObject({ code: 'DATA_UNREADABLE' })
  })

  test('that may not be read is refused', async context => {
    const root = process.getuid?.() === 0
    if (!requireOrSkip('not-root', !root, 'root may read anything'))
      return context.skip('root may read anything')
    const directory = join(folder, 'closed')
    await mkdir(directory)
    await chmod(directory, 0)
    expect(await problemOf(openDatabase({ directory }))).toMatchObject({ code: 'DATA_UNREADABLE' })
  })
})

describe('a server that is not there', () => {
  test('is named, without the password', async () => {
    const probe = createServer().listen(0, '127.0.0.1')
    await new Promise(resolve => probe.once('listening', resolve))
    const address = probe.address()
    const port = typeof address === 'object' ? address?.port : 0
    await new Promise(resolve => probe.close(resolve))
    const { code, message } = await problemOf(
      openDatabase({ url: `postgres://me:secret@127.0.0.1:${port}/films` }),
    )
    expect(code).toBe('PG_UNREACHABLE')
    expect(message).toContain(`films at 127.0.0.1:${port}`)
    expect(message).toContain('ECONNREFUSED')
    expect(message).not.toContain('secret')
  })

  test('or is too old', () => {
    expect(tooOld(130_022, 'The database at db')).toMatchObject({
      code: 'PG_TOO_OLD',
      message: expect.stringContaining('The database at db is Postgres 13; ZG needs 14 or newer'),
    })
    expect(tooOld(140_000, 'x')).toBe(null)
  })

  test('nor a URL', async () => {
    expect(await problemOf(openDatabase({ url: 'postgres://host:notaport/x' }))).toMatchObject({
      code: 'PG_URL',
    })
  })
})
