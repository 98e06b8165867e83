import type { Database } from './session.ts'
import type { Host } from './writer/host.ts'

const CHANNEL = 'zg_hint'
/** At least so long (ms) between two notices. A notice costs the database a commit, and wakes every gateway. */
const PAUSE = 10
/** Postgres takes notices of less than 8,000 bytes. */
const MOST_BYTES = 7_000

/** Tells other gateways that logs have grown; a lost hint only delays, so failures are dropped. */
export interface Hints {
  send(tenant: string, seq: number): void
  /** Tells them that texts of these entities were folded; rare, so each is a notice of its own. */
  sendFolded(tenant: string, entities: ReadonlySet<number>): void
  close(): Promise<void>
}

export interface HintsOptions {
  readonly database: Pick<Database, 'listen' | 'notify'>
  readonly host: Pick<Host, 'sleep'>
  readonly onHint: (tenant: string, seq: number) => void
  readonly onFolded?: (tenant: string, entities: ReadonlySet<number>) => void
}

/**
 * One notice at a time, outside any write transaction. While one is under way, and for a pause behind it, the newest
 * head of each tenant waits for the next, which tells them all: a busy log costs a hundred notices a second.
 */
export async function createHints({ database, host, onHint, onFolded }: HintsOptions): Promise<Hints> {
  const unlisten = await database.listen(CHANNEL, payload => {
    const hint = parse(payload)
    if (hint?.kind === 'heads') for (const [tenant, seq] of hint.heads) onHint(tenant, seq)
    else if (hint) onFolded?.(hint.tenant, hint.folded)
  })
  const waiting = new Map<string, number>()
  const closing = new AbortController()
  let sending: Promise<void> | null = null

  const drain = async (): Promise<void> => {
    while (waiting.size > 0) {
      await database.notify(CHANNEL, next(waiting)).catch(() => {})
      await host.sleep(PAUSE, closing.signal)
    }
    sending = null
  }

  return {
    send: (tenant, seq) => {
      waiting.set(tenant, seq)
      sending ??= drain()
    },
    sendFolded: (tenant, entities) => {
      void database.notify(CHANNEL, JSON.stringify({ tenant, folded: [...entities] })).catch(() => {})
    },
    close: async () => {
      closing.abort()
      await sending
      await unlisten().catch(() => {})
    },
  }
}

/** As many as one notice can tell, the longest waiting first. Takes them out. */
function next(waiting: Map<string, number>): string {
  const heads: (readonly [string, number])[] = []
  let bytes = 0
  for (const head of waiting) {
    bytes += Buffer.byteLength(JSON.stringify(head)) + 1
    if (bytes > MOST_BYTES && heads.length > 0) break
    waiting.delete(head[0])
    heads.push(head)
  }
  return JSON.stringify({ heads })
}

type Hint =
  | { readonly kind: 'heads'; readonly heads: readonly (readonly [string, number])[] }
  | { readonly kind: 'folded'; readonly tenant: string; readonly folded: ReadonlySet<number> }

function parse(payload: string): Hint | null {
  try {
    const { heads, tenant, folded } = JSON.parse(payload) as {
      heads?: unknown
      tenant?: unknown
      folded?: unknown
    }
    if (Array.isArray(heads)) return { kind: 'heads', heads: heads.filter(isHead) }
    if (typeof tenant !== 'string' || !Array.isArray(folded)) return null
    return { kind: 'folded', tenant, folded: new Set(folded.map(Number)) }
  } catch {
    return null
  }
}

function isHead(given: unknown): given is readonly [string, number] {
  return Array.isArray(given) && typeof given[0] === 'string' && Number.isSafeInteger(given[1])
}
