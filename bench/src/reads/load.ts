import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Act } from '@zg/core/act/act'
import { modelHash } from '@zg/core/ir/hash'
import { ANONYMOUS, MAIN } from '@zg/core/ports/scope'
import { openDatabase } from '@zg/store/database'
import { openStore } from '@zg/store/store'
import postgres from 'postgres'
import { cache, database, durablePostgres } from '../postgres.ts'
import type { Run } from '../run.ts'
import { acts, COUNTS, DATA_VERSION } from './data.ts'
import { ir } from './model.ts'

const FOLDER = 'reads'

/** Postgres with all rows in it, loaded once through the ordinary writer and kept in `bench/.cache/reads`. */
export async function loadedPostgres(run: Run): Promise<string> {
  const url = await database(await durablePostgres(FOLDER), 'reads')
  const sql = postgres(url, { max: 1, onnotice: () => {} })
  const mark = `${modelHash(ir)} ${DATA_VERSION}`
  try {
    const [done] = await sql`select to_regclass('bench_loaded') as found`
    const [loaded] = done?.found ? await sql`select mark from bench_loaded` : []
    if (loaded?.mark === mark) return url
    await sql.unsafe('drop schema if exists plain, zg, public cascade; create schema public')
    const begin = performance.now()
    await write(url, run)
    const seconds = (performance.now() - begin) / 1_000
    const total = Object.values(COUNTS).reduce((sum, count) => sum + count, 0)
    run.say(
      `  ${total} rows in ${seconds.toFixed(1)} s, ${Math.round(total / seconds)} per second, by the writer`,
    )
    await copyPlain(sql)
    await sql.unsafe('vacuum analyze')
    await sql.unsafe('create table bench_loaded (mark text)')
    await sql`insert into bench_loaded values (${mark})`
    return url
  } finally {
    await sql.end()
  }
}

/** For when the cache is of no use any more. */
export function forget(): void {
  rmSync(join(cache, FOLDER), { recursive: true, force: true })
}

async function write(url: string, run: Run): Promise<void> {
  const db = await openDatabase({ url })
  const store = await openStore(db, ir)
  const scope = { tenant: MAIN, principal: ANONYMOUS }
  const total = Object.values(COUNTS).reduce((sum, count) => sum + count, 0)
  let written = 0
  const commit = async (batch: readonly Act[]) => {
    const { verdict } = await store.writer.commit({ scope, acts: batch })
    if (verdict.status !== 'applied') throw new Error(`Refused: ${JSON.stringify(verdict.problems[0])}`)
    written += batch.length
    if (written % 50_000 < batch.length) run.say(`  loading, once: ${written} of ${total} rows`)
  }
  try {
    let batch: Act[] = []
    for (const act of acts()) {
      batch.push(act)
      if (batch.length < 2_000) continue
      await commit(batch)
      batch = []
    }
    if (batch.length) await commit(batch)
  } finally {
    await store.close()
    await db.close()
  }
}

/**
 * The same rows in tables as one would make them for PostGraphile: foreign keys, which it makes relations of, and
 * an index on each, as ours have.
 */
async function copyPlain(sql: postgres.Sql): Promise<void> {
  await sql.unsafe(`
    create schema plain;
    create table plain.users (id text collate "C" primary key, name text not null, email text not null);
    create table plain.posts (
      id text collate "C" primary key, title text not null, body text not null,
      author_id text collate "C" not null references plain.users
    );
    create table plain.comments (
      id text collate "C" primary key, text text not null,
      post_id text collate "C" not null references plain.posts, author_id text collate "C" not null references plain.users
    );
    insert into plain.users select id, name, email from public."user" order by id;
    insert into plain.posts select id, title, body, author_id from public.post order by id;
    insert into plain.comments select id, text, post_id, author_id from public.comment order by id;
    create index on plain.posts (author_id);
    create index on plain.comments (post_id);
    create index on plain.comments (author_id);
  `)
}
