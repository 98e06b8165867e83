import { type Problem, ProblemError, problem } from '@zg/core/problem'
import postgres from 'postgres'
import { type Database, type Session, type SqlRow, type SqlValue, withinLimit } from './session.ts'

export interface PostgresOptions {
  /** Connections for snapshots; writes have a few of their own, so that readers cannot keep them waiting. */
  readonly pool: number
  /** ms */
  readonly snapshotLimit: number
}

/** Postgres 14 is the oldest version still maintained when this was written. */
const OLDEST = 140_000
const WRITERS = 4
/** Of reads, so many different statements are prepared and the rest is not: filters must not fill the server. */
const PREPARED = 1_000

/** Throws a ProblemError (`PG_URL`, `PG_UNREACHABLE`, `PG_TOO_OLD`) when there is no usable server at `url`. */
export async function openPostgres(url: string, { pool, snapshotLimit }: PostgresOptions): Promise<Database> {
  const writes = connect(url, WRITERS, {})
  try {
    await check(writes, url)
  } catch (error) {
    await writes.end({ timeout: 0 })
    throw error
  }
  const reads = connect(url, pool, {
    statement_timeout: snapshotLimit,
    // Only behind our own timer, for a gateway that hangs: the server must not keep old row versions for it.
    idle_in_transaction_session_timeout: snapshotLimit * 4,
  })
  const prepared = new Set<string>()
  const isPreparedRead = (text: string): boolean => {
    if (!prepared.has(text) && prepared.size < PREPARED) prepared.add(text)
    return prepared.has(text)
  }
  const begin = async <T>(
    sql: postgres.Sql,
    how: string,
    work: (session: Session) => Promise<T>,
  ): Promise<T> => {
    let result: { readonly value: T } | undefined
    await sql.begin(how, async tx => {
      result = { value: await work(session(tx, sql === reads ? isPreparedRead : isWork)) }
    })
    if (!result) throw new Error('The transaction ended without running')
    return result.value
  }

  return {
    kind: 'postgres',
    query: session(writes, isWork).query,
    transaction: (mode, work) =>
      mode === 'write'
        ? begin(writes, 'isolation level read committed', work)
        : begin(reads, 'isolation level repeatable read read only', tx =>
            withinLimit(tx, snapshotLimit, work),
          ),
    async listen(channel, onPayload) {
      const { unlisten } = await writes.listen(channel, onPayload)
      return unlisten
    },
    async notify(channel, payload) {
      await writes.notify(channel, payload)
    },
    async close() {
      await Promise.all([writes.end({ timeout: 5 }), reads.end({ timeout: 5 })])
    },
  }
}

function session(sql: postgres.ISql, isPrepared: (text: string) => boolean): Session {
  return {
    async query<R extends SqlRow>(text: string, values: readonly SqlValue[] = []) {
      const answer = await sql.unsafe<R[]>(text, [...values] as never[], {
        prepare: isPrepared(text),
        ...EXTENDED,
      })
      return [...answer]
    },
  }
}

/** The writer's statements are few, as many as the model has tables; those of a migration come once. */
function isWork(text: string): boolean {
  return /^\s*(select|insert|update|delete|with)\b/.test(text)
}

/**
 * postgres.js sends a text without values by the simple protocol, in which `commit; delete ...` is two statements
 * and leaves a read-only transaction. The option is missing from its types.
 */
const EXTENDED = { simple: false }

function connect(url: string, max: number, settings: { readonly [name: string]: number }): postgres.Sql {
  // Bytes and dates stay the text that Postgres prints: a JavaScript Date knows no year 12026 BC and prints others its own way.
  const text = { to: 1184, from: [17, 1082, 1114, 1184], serialize: String, parse: (value: string) => value }
  try {
    return postgres(url, {
      max,
      connect_timeout: 10,
      onnotice: () => {},
      types: { date: text },
      connection: {
        application_name: 'zg',
        TimeZone: 'UTC',
        DateStyle: 'ISO',
        bytea_output: 'hex',
        ...settings,
      },
    }) as unknown as postgres.Sql
  } catch (error) {
    throw new ProblemError([problem('PG_URL', [], `${reason(error)} in the database URL. ${EXAMPLE}`)])
  }
}

const EXAMPLE = 'It should look like postgres://user:password@host:5432/database.'

async function check(sql: postgres.Sql, url: string): Promise<void> {
  const rows = await sql`select current_setting('server_version_num')::int as version`.catch(
    (error: unknown) => {
      throw new ProblemError([
        problem('PG_UNREACHABLE', [], `${where(url)} does not answer: ${reason(error)}. ${CHECK}`),
      ])
    },
  )
  const refused = tooOld(rows[0]?.version ?? 0, where(url))
  if (refused) throw new ProblemError([refused])
}

/**
 * `version` is Postgres' `server_version_num`.
 *
 * @internal for its test: there is no old server to try
 */
export function tooOld(version: number, server: string): Problem | null {
  if (version >= OLDEST) return null
  const found = `${server} is Postgres ${Math.floor(version / 10_000)}`
  const remedy = 'Upgrade the server, or use another one.'
  return problem('PG_TOO_OLD', [], `${found}; ZG needs ${OLDEST / 10_000} or newer. ${remedy}`)
}

const CHECK =
  'Check that the server runs and that host, port, user, password and database in DATABASE_URL are right.'

/** The server without the password. */
function where(url: string): string {
  try {
    const { host, pathname } = new URL(url)
    return `The database${pathname.length > 1 ? ` ${pathname.slice(1)}` : ''} at ${host}`
  } catch {
    return 'The database'
  }
}

/** Node answers a refused localhost with one error per address, and an empty message. */
function reason(error: unknown): string {
  if (error instanceof AggregateError) return reason(error.errors[0])
  if (!(error instanceof Error)) return String(error)
  return error.message || ('code' in error ? String(error.code) : error.name)
}
