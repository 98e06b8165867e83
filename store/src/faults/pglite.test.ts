import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { film, films, increment, update } from '@zg/core/ports/ports.suite'
import { ANONYMOUS } from '@zg/core/ports/scope'
import { ProblemError } from '@zg/core/problem'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { createChance } from '../../../scripts/testing/seed.ts'
import { openDatabase } from '../database.ts'
import { openStore } from '../store.ts'
import { audit } from './audit.fixture.ts'
import { TIMES } from './fleet.fixture.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const scope = { tenant: 't', principal: ANONYMOUS }
const below = createChance()
const room = mkdtempSync(join(tmpdir(), 'zg-pglite-'))
afterAll(() => rmSync(room, { recursive: true, force: true }))

/** Writes until so many were acknowledged, and one random moment longer; answers their names. */
async function killedAfter(directory: string, word: string, count: number): Promise<ReadonlySet<string>> {
  const script = join(import.meta.dirname, 'pglite.fixture.ts')
  const child = spawn(process.execPath, ['--conditions=@zg/source', script, directory, word], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const gone = once(child, 'exit')
  const names = new Set<string>()
  const moment = count + below(20)
  for await (const name of createInterface(child.stdout)) {
    names.add(name)
    if (names.size > moment) child.kill('SIGKILL')
  }
  expect(await gone).toEqual([null, 'SIGKILL'])
  return names
}

test('kill -9 in the middle of writing: what was acknowledged is there, and a retry does not count twice', async () => {
  const directory = join(room, 'killed')
  const acknowledged = new Set<string>()
  for (let round = 0; round < 2 * TIMES; round++) {
    for (const name of await killedAfter(directory, `r${round}`, 30)) acknowledged.add(name)
    const database = await openDatabase({ directory })
    const store = await openStore(database, films.model)
    const retry = (name: string) =>
      store.writer.commit({
        scope,
        acts: [film(name), update('Film', 'film_shared', { likes: increment('1') })],
        mutationId: name,
      })
    // Also those next in line, which may have been written without anybody hearing of it.
    for (const name of [...acknowledged]) {
      const next = name.replace(/\d+$/, n => String(Number(n) + 1))
      for (const asked of [name, next]) {
        expect((await retry(asked)).verdict.status).toBe('applied')
        acknowledged.add(asked)
      }
    }
    const rows = await database.query<{ id: string; likes: string }>('select id, likes from film')
    expect(rows.map(({ id }) => id).sort()).toEqual(
      ['film_shared', ...[...acknowledged].map(name => `film_${name}`)].sort(),
    )
    expect(rows.find(({ id }) => id === 'film_shared')?.likes).toBe(String(acknowledged.size))
    expect(await audit(database, films, scope.tenant)).toEqual([])
    await store.close()
    await database.close()
  }
})

describe('a damaged folder', () => {
  const whole = join(room, 'whole')
  const files = new Map<string, string>()
  beforeAll(async () => {
    const database = await openDatabase({ directory: whole })
    const store = await openStore(database, films.model)
    for (let batch = 0; batch < 3; batch++)
      await store.writer.commit({ scope, acts: Array.from({ length: 150 }, (_, i) => film(`${batch}x${i}`)) })
    const paths = await database.query<{ name: string; path: string }>(
      `select relname as name, pg_relation_filepath(oid) as path from pg_class
      where relname in ('log', 'log_pkey', 'film', 'head', 'meta')`,
    )
    for (const { name, path } of paths) files.set(name, path)
    const [wal] = await database.query<{ file: string }>(
      'select pg_walfile_name(pg_current_wal_lsn()) as file',
    )
    files.set('wal', join('pg_wal', wal?.file ?? ''))
    await store.close()
    await database.close()
  })

  const PAGE = 8192
  const cut = (file: string, bytes: number) => (folder: string) =>
    truncateSync(join(folder, files.get(file) ?? file), bytes)
  const scribble = (file: string) => async (folder: string) => {
    const handle = await open(join(folder, files.get(file) ?? file), 'r+')
    await handle.write(Buffer.alloc(PAGE, 7), 0, PAGE, PAGE)
    await handle.close()
  }

  test.each<readonly [string, (folder: string) => unknown, RegExp]>([
    ['the control file is empty', cut('global/pg_control', 0), /cannot start from it/],
    ['the write-ahead log is cut short', cut('wal', 100_000), /cannot start from it/],
    ['the log has lost its end', cut('log', 2 * PAGE), /of t it holds \d+ of 450 changes/],
    ['the log is cut within a page', cut('log', 2 * PAGE + 100), /of t it holds \d+ of 450 changes/],
    ['a page of the log is scribbled over', scribble('log'), /invalid page/],
    ['the heads are lost', cut('head', 0), /zg\.head: .*of t it holds 450 of 0 changes/],
    ['rows have lost their end', cut('film', PAGE), /public\.film: /],
    ['an index is cut short', cut('log_pkey', PAGE), /zg\.log: /],
    ['what the database is called is lost', cut('meta', 0), /zg\.meta: /],
    ['the version is another', folder => writeFileSync(join(folder, 'PG_VERSION'), '99\n'), /99/],
  ])('%s: it says so, and what to do', async (name, damage, what) => {
    const folder = join(room, name.replaceAll(' ', '-'))
    // As good copies are: with its seal, which only the damage breaks.
    cpSync(whole, folder, { recursive: true, preserveTimestamps: true })
    await damage(folder)
    const error = await openDatabase({ directory: folder }).catch((thrown: unknown) => thrown)
    if (!(error instanceof ProblemError)) throw error
    expect(error.problems[0]?.code).toBe('DATA_CORRUPT')
    for (const part of [what, folder, 'backup', 'zg reset']) expect(error.message).toMatch(part)
  })

  test('one that is whole opens', async () => {
    const database = await openDatabase({ directory: whole })
    expect(await audit(database, films, scope.tenant)).toEqual([])
    await database.close()
  })
})
