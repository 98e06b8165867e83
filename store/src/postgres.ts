import { type Problem, ProblemError, problem } from '@zg/core/problem'
import { Unavailable } from './outage.ts'
import { type Connection, openConnection } from './postgres/connection.ts'
import { createEar } from './postgres/ear.ts'
import { createLine } from './postgres/line.ts'
import { createPool } from './postgres/pool.ts'
import { createSharing } from './postgres/sharing.ts'
import { sessionOn, transact, unwritten } from './postgres/transaction.ts'
import { type Database, SnapshotExpired, sqlState, withinLimit } from './session.ts'

export interface PostgresOptions {
  /** Connections for snapshots; writes have a few of their own, so that readers cannot keep them waiting. */
  readonly pool: number
  /** ms */
  readonly snapshotLimit: number
  /** ms, of a statement outside snapshots. */
  readonly statementLimit: number
}

/** Postgres 14 is the oldest version still maintained when this was written. */
const OLDEST = 140_000
const WRITERS = 4
/** Of reads, so many different statements are prepared and the rest is not: filters must not fill the server. */
const PREPARED = 1_000

/** Throws a ProblemError (`PG_URL`, `PG_UNREACHABLE`, `PG_TOO_OLD`) when there is no usable server at `url`. */
export async function openPostgres(
  url: string,
  { pool, snapshotLimit, statementLimit }: PostgresOptions,
): Promise<Database> {
  let turn = 0
  const connection = (limit: number, settings: Settings = {}) =>
    openConnection({
      url,
      turn: turn++,
      settings: { statement_timeout: limit, ...KEEPALIVE, ...settings },
      silence: silenceAfter(limit),
    })
  const version = await check(() => connection(statementLimit), url)
  // Neither may a gateway that hangs, or was cut off, keep its locks: other gateways wait for them. Nor old row
  // versions, by a snapshot; there our own timer comes first.
  const forWriting = () =>
    connection(statementLimit, { ...transactionLimits(statementLimit, version), ...GENERIC_PLANS })
  const forReading = () =>
    connection(snapshotLimit, { ...transactionLimits(snapshotLimit * 4, version), ...READ_ONLY })
  const writes = createPool({ max: WRITERS, patience: statementLimit, open: forWriting })
  const reads = createPool({ max: pool, patience: snapshotLimit * 2, open: forReading })
  const ear = createEar(events =>
    openConnection({ url, turn: turn++, settings: {}, silence: silenceAfter(statementLimit), ...events }),
  )
  const prepared = new Set<string>()
  const isPreparedRead = (text: string): boolean => {
    if (!prepared.has(text) && prepared.size < PREPARED) prepared.add(text)
    return prepared.has(text)
  }

  const expired = (error: unknown): never => {
    throw sqlState(error) === '57014' ? new SnapshotExpired(snapshotLimit) : error
  }
  const snapshot = { isolation: 'repeatable read read only', isPrepared: isPreparedRead } as const
  const share = createSharing({
    pool: reads,
    transaction: snapshot,
    limit: snapshotLimit,
    patience: snapshotLimit * 2,
  })
  const writing = { isolation: 'read committed', isPrepared: isWork } as const

  return {
    kind: 'postgres',
    query: (text, values) =>
      writes.use(one => sessionOn(one, isWork).query<never>(text, values)).catch(unwritten(statementLimit)),
    transaction: (mode, work) => {
      if (mode === 'migration')
        return alone(openConnection({ url, turn: turn++, settings: {} }), one => transact(one, writing, work))
      if (mode === 'write')
        return writes.use(one => transact(one, writing, work)).catch(unwritten(statementLimit))
      return reads
        .use(one => transact(one, snapshot, session => withinLimit(session, snapshotLimit, work)))
        .catch(expired)
    },
    line: () => createLine(writes, statementLimit),
    share: (work, options) => share(work, options).catch(expired),
    read: (text, values) =>
      reads
        .use(one =>
          withinLimit(sessionOn(one, isPreparedRead), snapshotLimit, session =>
            session.query<never>(text, values),
          ),
        )
        .catch(expired),
    listen: ear.listen,
    async notify(channel, payload) {
      await writes.use(one => one.query(NOTIFY, [channel, payload], true))
    },
    async close() {
      await Promise.all([ear.close(), writes.close(), reads.close()])
    },
  }
}

interface Settings {
  readonly [name: string]: number | string
}

/**
 * Writers' statements find rows by their keys, however many there are. Planned for the lists at hand, as Postgres would
 * rather do, they would be planned each time. See docs/decisions/322.
 */
const GENERIC_PLANS: Settings = { plan_cache_mode: 'force_generic_plan' }

/** The server finds out within 20 s that a machine or network is gone; its own default is two hours. */
const KEEPALIVE: Settings = { tcp_keepalives_idle: 5, tcp_keepalives_interval: 5, tcp_keepalives_count: 3 }

/** A notice is a transaction with a commit record. It may be lost with the server, so nobody waits for the disk. */
const NOTIFY = `select set_config('synchronous_commit', 'off', true), pg_notify($1, $2)`

/** Single reads run outside of a transaction that could say so. */
const READ_ONLY: Settings = { default_transaction_read_only: 1 }

/**
 * A client that falls silent between the messages of one statement is not idle to the server: only the limit on whole
 * transactions, since Postgres 17, ends that. Before, its locks stay until the network is known to be gone.
 */
function transactionLimits(limit: number, version: number): Settings {
  return {
    idle_in_transaction_session_timeout: limit,
    ...(version >= 170_000 ? { transaction_timeout: limit * 2 } : {}),
  }
}

/** A server that is alive has ended a statement by then, by its own limit. */
function silenceAfter(limit: number): number {
  return limit + Math.min(limit, 2_000)
}

async function alone<T>(connection: Connection, work: (connection: Connection) => Promise<T>): Promise<T> {
  try {
    return await work(connection)
  } finally {
    await connection.end()
  }
}

/** The writer's statements are few, as many as the model has tables; those of a migration come once. */
function isWork(text: string): boolean {
  return /^\s*(select|insert|update|delete|with)\b/.test(text)
}

const EXAMPLE = 'It should look like postgres://user:password@host:5432/database.'

async function check(open: () => Connection, url: string): Promise<number> {
  let connection: Connection
  try {
    connection = open()
  } catch (error) {
    throw new ProblemError([problem('PG_URL', [], `${reason(error)} in the database URL. ${EXAMPLE}`)])
  }
  const version = `select current_setting('server_version_num')::int as version`
  const { rows } = await alone(connection, one => one.query<{ version: number }>(version, [], false)).catch(
    (error: unknown) => {
      const why = reason(error instanceof Unavailable ? error.cause : error)
      throw new ProblemError([
        problem('PG_UNREACHABLE', [], `${where(url)} does not answer: ${why}. ${CHECK}`),
      ])
    },
  )
  const found = rows[0]?.version ?? 0
  const refused = tooOld(found, where(url))
  if (refused) throw new ProblemError([refused])
  return found
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
