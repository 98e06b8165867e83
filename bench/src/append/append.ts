import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { openDatabase } from '@zg/store/database'
import { judge, type Line } from '../line.ts'
import { cache, database, durablePostgres } from '../postgres.ts'
import { alternate } from '../rounds.ts'
import { onClose, type Run } from '../run.ts'
import { ours } from './ours.ts'
import { onPglite, onPostgres } from './reference.ts'
import { sameEffect } from './same.ts'
import { type Appender, rate } from './writing.ts'

const CALLERS = 64

/**
 * Changes per second, each durable before its caller hears of it, by 64 callers. The reference does what one would
 * write first: lock the head, insert the change, upsert the row, commit.
 */
export async function* append(run: Run): AsyncIterable<Line> {
  if (run.wants('postgres, fsync, 64 callers')) yield await inPostgres(run)
  if (run.wants('pglite, 64 callers')) yield await inPglite(run)
}

async function inPostgres(run: Run): Promise<Line> {
  const cluster = await durablePostgres()
  const db = await openDatabase({ url: await database(cluster, 'ours') })
  onClose(() => db.close())
  const name = 'postgres, fsync, 64 callers'
  const sides = [await ours(db), await onPostgres(await database(cluster, 'reference'), CALLERS)] as const
  return measure(run, name, 15, ...sides)
}

async function inPglite(run: Run): Promise<Line> {
  const open = async () => {
    const directory = mkdtempSync(join(cache, 'pglite-'))
    onClose(async () => rmSync(directory, { recursive: true, force: true }))
    const db = await openDatabase({ directory: join(directory, 'pg') })
    onClose(() => db.close())
    return db
  }
  return measure(run, 'pglite, 64 callers', 5, await ours(await open()), await onPglite(await open()))
}

async function measure(run: Run, name: string, goal: number, one: Appender, other: Appender): Promise<Line> {
  await sameEffect(name, one, other)
  const medians = await alternate(
    run,
    name,
    () => rate(one, CALLERS, run.seconds),
    () => rate(other, CALLERS, run.seconds),
  )
  return judge({ bench: 'append', case: name, metric: 'changes/s', ...medians, goal })
}
