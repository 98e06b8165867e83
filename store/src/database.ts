import { openPglite } from './pglite.ts'
import { openPostgres } from './postgres.ts'
import type { Database } from './session.ts'

export interface DatabaseOptions {
  /** Postgres there; else PGlite. */
  readonly url?: string
  /** Folder of PGlite; absent: in memory, gone with the process. */
  readonly directory?: string
  /** Connections for reads, of Postgres; 10 by default. */
  readonly pool?: number
  /** How long the reads of one operation may hold a snapshot, in ms; 5,000 by default. */
  readonly snapshotLimit?: number
  /** How long any other statement may take, in ms, of Postgres; 10,000 by default. Migrations take what they need. */
  readonly statementLimit?: number
  /** What PGlite in memory starts from (`dumpDataDir`), for tests. */
  readonly template?: Blob
}

/**
 * Opens Postgres by URL or PGlite in a folder. Throws a ProblemError saying what to do: `PG_URL`,
 * `PG_UNREACHABLE`, `PG_TOO_OLD`, `DATA_UNREADABLE`, `DATA_CORRUPT`.
 */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const { url, directory, template, pool = 10, snapshotLimit = 5_000, statementLimit = 10_000 } = options
  if (url !== undefined) return openPostgres(url, { pool, snapshotLimit, statementLimit })
  return openPglite({
    snapshotLimit,
    ...(directory === undefined ? {} : { directory }),
    ...(template === undefined ? {} : { template }),
  })
}
