import { connect, type Socket } from 'node:net'
import type { Json } from '@zg/core/json'
import postgres from 'postgres'
import { isStatementError, Unavailable } from '../outage.ts'
import type { SqlRow, SqlValue } from '../session.ts'
import { formatArray, parseArray } from './array.ts'

/**
 * One connection, from its opening to its end. It never heals: once lost it refuses everything, and whoever needs
 * another one opens another one. See docs/decisions/230.
 */
export interface Connection {
  /** Why nothing can be asked any more; null: it can. */
  readonly lost: Unavailable | null
  /** Rejects with `Unavailable` if the connection is lost meanwhile: then nobody knows what became of the statement. */
  query<R extends SqlRow>(text: string, values: readonly SqlValue[], prepare: boolean): Promise<Answer<R>>
  /** Resolves when the server has answered for the first time; rejects with `Unavailable` if it does not. */
  opened(): Promise<void>
  /** Says good-bye to the server, or gives up saying it. */
  end(): Promise<void>
  /** Ends it here and now; whatever was asked is rejected. */
  lose(reason: unknown): void
}

export interface Answer<R> {
  readonly rows: readonly R[]
  /** `SELECT`, `COMMIT`: what the server says it did. */
  readonly command: string
}

export interface ConnectionOptions {
  readonly url: string
  /** Which of the URL's hosts, if it names several; taken modulo their number. */
  readonly turn?: number
  /** Set for the session. */
  readonly settings: { readonly [name: string]: number | string }
  /**
   * When the server owes an answer and has said nothing for so long (ms), the connection is lost. Above its own
   * `statement_timeout`, so that only a silent network comes to that. Absent: it may take as long as it likes.
   */
  readonly silence?: number
  readonly onNotify?: (channel: string, payload: string) => void
  /** Called once, whatever ended it. */
  readonly onLost?: () => void
}

/** ms */
const CONNECT = 10_000

/** Connects with its first statement. Throws what the driver says of a URL that is none. */
export function openConnection(options: ConnectionOptions): Connection {
  const pending = new Set<(error: Unavailable) => void>()
  let socket: Socket | undefined
  let lost: Unavailable | null = null
  let watch: NodeJS.Timeout | undefined
  let heard = 0
  let gathering = false

  const lose = (reason: unknown): void => {
    if (lost) return
    lost = new Unavailable(reason)
    clearTimeout(watch)
    socket?.destroy()
    for (const reject of pending) reject(lost)
    pending.clear()
    options.onLost?.()
  }
  const onSilence = (): void => {
    const before = heard
    // If this process itself was busy, the answer may lie at the door: sockets have their turn before this.
    setImmediate(() => {
      if (heard === before) lose(new Error(`The server has not answered for ${options.silence} ms`))
      else watch?.refresh()
    })
  }
  const wait = (): void => {
    if (options.silence === undefined) return
    watch ??= setTimeout(onSilence, options.silence)
    if (pending.size === 1) watch.refresh()
  }
  const rest = (): void => {
    heard++
    if (pending.size > 0) watch?.refresh()
    else {
      clearTimeout(watch)
      watch = undefined
    }
  }

  /** What is asked in one turn goes to the server at once: the driver writes out each statement of a kilobyte or more. */
  const gather = (): void => {
    if (!socket || gathering) return
    const open = socket
    gathering = true
    open.cork()
    process.nextTick(() => {
      gathering = false
      open.uncork()
    })
  }

  const sql = driver(options, {
    open: place => {
      // The driver would connect again by itself, and take leftovers of the lost connection for answers on the new one.
      if (socket || lost) throw new Error('The connection is gone')
      socket = place()
      return socket
    },
    onClose: () => lose(new Error('The server has closed the connection')),
  })

  const query: Connection['query'] = <R extends SqlRow>(
    text: string,
    values: readonly SqlValue[],
    prepare: boolean,
  ) =>
    new Promise<Answer<R>>((resolve, reject) => {
      if (lost) return reject(lost)
      pending.add(reject)
      wait()
      gather()
      const settled = (): boolean => {
        const wasPending = pending.delete(reject)
        if (wasPending) rest()
        return wasPending
      }
      sql.unsafe<R[]>(text, [...values] as never[], { prepare, ...EXTENDED }).then(
        answer => settled() && resolve({ rows: [...answer], command: answer.command }),
        error => {
          if (!settled()) return
          if (isStatementError(error)) return reject(error)
          lose(error)
          reject(lost)
        },
      )
    })

  return {
    get lost() {
      return lost
    },
    query,
    opened: async () => {
      if (heard === 0) await query('select 1', [], false)
    },
    end: async () => {
      if (!lost) await sql.end({ timeout: 5 })
      lose(new Error('The connection was closed'))
    },
    lose,
  }
}

/**
 * postgres.js sends a text without values by the simple protocol, in which `commit; delete ...` is two statements
 * and leaves a read-only transaction. The option is missing from its types.
 */
const EXTENDED = { simple: false }

interface Events {
  /** Answers the one socket; `place` connects it. */
  open(place: () => Socket): Socket
  onClose(): void
}

function driver(
  { url, turn = 0, settings, onNotify }: ConnectionOptions,
  { open, onClose }: Events,
): postgres.Sql {
  const hosts = postgres(url, { max: 0 }).options
  const i = turn % hosts.host.length
  const [host, port] = [hosts.host[i] ?? 'localhost', hosts.port[i] ?? 5432]
  const options = {
    max: 1,
    host,
    port,
    connect_timeout: CONNECT / 1_000,
    idle_timeout: null,
    max_lifetime: null,
    // Its own statement for that fails unheard, and with it the process, if the connection is lost just then.
    fetch_types: false,
    onnotice: () => {},
    onnotify: onNotify,
    onclose: onClose,
    socket: ({ path }: { readonly path?: string }) =>
      open(() => {
        const socket = path ? connect(path) : connect(port, host)
        // What TLS checks the server's certificate against.
        return Object.assign(socket.setNoDelay(true), { host, port })
      }),
    types: TYPES,
    connection: {
      application_name: 'zg',
      TimeZone: 'UTC',
      DateStyle: 'ISO',
      bytea_output: 'hex',
      ...settings,
    },
  }
  return postgres(url, options as unknown as postgres.Options<Record<string, never>>)
}

/** Bytes and dates stay the text that Postgres prints: a JavaScript Date knows no year 12026 BC and prints others its own way. */
const asText = { to: 1184, from: [17, 1082, 1114, 1184], serialize: String, parse: (text: string) => text }

const number = (text: string): Json => Number(text)
const boolean = (text: string): Json => text === 't'
const json = (text: string): Json => JSON.parse(text)
const text = (given: string): Json => given

/** Oids of Postgres' own array types, which never change, by how their elements are read. */
const ARRAYS: readonly (readonly [(text: string) => Json, readonly number[]])[] = [
  [number, [1005, 1007, 1028, 1021, 1022]],
  [boolean, [1000]],
  [json, [199, 3807]],
  [text, [1001, 1002, 1003, 1009, 1014, 1015, 1016, 1115, 1182, 1183, 1185, 1231, 1270, 2951]],
]

const TYPES = Object.fromEntries([
  ['date', asText],
  ...ARRAYS.map(([element, from], i) => [
    `array${i}`,
    {
      to: from[0],
      from,
      serialize: (value: unknown) => (Array.isArray(value) ? formatArray(value) : String(value)),
      parse: (given: string) => parseArray(given, element),
    },
  ]),
])
