import { access, constants, mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { ProblemError, problem } from '@zg/core/problem'
import { damages } from './intact.ts'
import { breakSeal, seal } from './seal.ts'
import { type Database, type Session, type SqlRow, type SqlValue, watched } from './session.ts'
import { createSharedSnapshots } from './shared.ts'
import { copyTemplate } from './template.ts'
import { createTurns } from './turns.ts'

export interface PgliteOptions {
  /** Absent: in memory, gone with the process. */
  readonly directory?: string
  /** A dump of an empty PGlite in memory: four times as fast as making one. */
  readonly template?: Blob
  /** ms */
  readonly snapshotLimit: number
}

/** int8, date, timestamp and timestamptz stay what Postgres prints, as with the other driver. */
const AS_TEXT = [17, 20, 1082, 1114, 1184]

/**
 * Postgres inside this process. It has one connection, so transactions and single statements take turns, first
 * come, first served; snapshots that wait share one turn. Throws a ProblemError (`DATA_UNREADABLE`, `DATA_CORRUPT`) when the folder does not open.
 */
export async function openPglite({ directory, template, snapshotLimit }: PgliteOptions): Promise<Database> {
  const pg = await start(directory, template)
  const turns = createTurns()
  const session: Session = {
    async query<R extends SqlRow>(text: string, values: readonly SqlValue[] = []) {
      return (await pg.query<R>(text, [...values])).rows
    },
  }
  const snapshot = createSharedSnapshots({
    turns,
    session,
    exec: text => pg.exec(text),
    limit: snapshotLimit,
  })
  const write = async <T>(work: (session: Session) => Promise<T>): Promise<T> => {
    await pg.exec('begin isolation level read committed')
    const watch = watched(session)
    try {
      const value = await work(watch.session)
      await watch.answered()
      await pg.exec('commit')
      return value
    } catch (error) {
      await watch.answered().catch(() => {})
      await pg.exec('rollback')
      throw error
    }
  }

  return {
    kind: 'pglite',
    query: (text, values) => turns.take(() => session.query(text, values)),
    transaction: (mode, work) => (mode === 'snapshot' ? snapshot(work) : turns.take(() => write(work))),
    line: () => ({ commit: (text, values) => turns.take(() => session.query(text, values)) }),
    share: snapshot,
    // With others' reads, which may wait for the same turn.
    read: (text, values) => snapshot(one => one.query(text, values)),
    async listen(channel, onPayload) {
      const unlisten = await turns.take(() => pg.listen(channel, onPayload))
      return () => turns.take(() => unlisten())
    },
    async notify(channel, payload) {
      await turns.take(() => pg.query('select pg_notify($1, $2)', [channel, payload]))
    },
    close: () =>
      turns.take(async () => {
        await pg.close()
        if (directory !== undefined) await seal(directory)
      }),
  }
}

async function start(directory: string | undefined, template: Blob | undefined): Promise<PGlite> {
  const parsers = Object.fromEntries(AS_TEXT.map(type => [type, (value: string) => value]))
  if (directory === undefined) {
    const pg = await PGlite.create({ parsers, ...(template ? { loadDataDir: template } : {}) })
    await settle(pg)
    return pg
  }
  const isOld = !(await isNew(directory))
  if (!isOld) await copyTemplate(directory)
  const isKnown = !isOld || (await breakSeal(directory))
  let pg: PGlite | undefined
  try {
    pg = await PGlite.create(directory, { parsers })
    await settle(pg)
    if (!isKnown) await refuseDamaged(pg, directory)
    return pg
  } catch (error) {
    await pg?.close().catch(() => {})
    if (error instanceof ProblemError) throw error
    if (isFileError(error)) throw unreadable(directory, error)
    throw corrupt(directory, inWords(error))
  }
}

async function refuseDamaged(pg: PGlite, directory: string): Promise<void> {
  const session: Session = {
    query: async <R extends SqlRow>(text: string) => (await pg.query<R>(text)).rows,
  }
  const found = await damages(session, text => pg.exec(text))
  if (found.length) throw corrupt(directory, found.join('; '))
}

/** What cannot even begin says nothing but that it was aborted. */
function inWords(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return message.startsWith('Aborted') ? 'the embedded Postgres cannot start from it' : message
}

async function settle(pg: PGlite): Promise<void> {
  await pg.exec("set timezone = 'UTC'; set datestyle = 'ISO'")
}

/**
 * Whether there is no database yet: a missing or empty folder. Throws what PGlite itself would report as an abort
 * without words.
 */
async function isNew(directory: string): Promise<boolean> {
  try {
    await mkdir(directory, { recursive: true })
    const names = await readdir(directory)
    await access(directory, constants.R_OK | constants.W_OK | constants.X_OK)
    if (names.length === 0) return true
    if (!names.includes('PG_VERSION')) throw corrupt(directory, 'it holds other files, and no PG_VERSION')
    const version = (await readFile(join(directory, 'PG_VERSION'), 'utf8')).trim()
    if (version !== BUNDLED)
      throw corrupt(directory, `it says Postgres "${version}", and this ZG embeds ${BUNDLED}`)
    return false
  } catch (error) {
    throw isFileError(error) ? unreadable(directory, error) : error
  }
}

const BUNDLED = '18'

type FileError = Error & { readonly code: string }

function isFileError(error: unknown): error is FileError {
  return (
    error instanceof Error &&
    'code' in error &&
    typeof error.code === 'string' &&
    /^E[A-Z]+$/.test(error.code)
  )
}

function unreadable(directory: string, { message }: FileError): ProblemError {
  const remedy = 'Make it a folder that this user may read and write, or name another one.'
  return new ProblemError([
    problem('DATA_UNREADABLE', [], `The data in ${directory} cannot be opened: ${message}. ${remedy}`),
  ])
}

function corrupt(directory: string, what: string): ProblemError {
  const remedy =
    'Keep a copy of the folder before anything else; then restore it from a backup, name another folder, or delete it (zg reset) to start empty.'
  return new ProblemError([
    problem('DATA_CORRUPT', [], `${directory} is no usable database: ${what}. ${remedy}`),
  ])
}
