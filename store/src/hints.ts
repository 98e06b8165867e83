import type { Database } from './session.ts'

const CHANNEL = 'zg_hint'

/** Tells other gateways that a tenant's log has grown; a lost hint only delays, so failures are dropped. */
export interface Hints {
  send(tenant: string, seq: number): void
  /** Tells them that texts of these entities were folded; rare, so each is a notice of its own. */
  sendFolded(tenant: string, entities: ReadonlySet<number>): void
  close(): Promise<void>
}

/**
 * One notice at a time, outside any write transaction: while one is under way the newest head per tenant waits
 * for the next, so a busy log costs no more notices than the database can take.
 */
export async function createHints(
  database: Database,
  onHint: (tenant: string, seq: number) => void,
  onFolded: (tenant: string, entities: ReadonlySet<number>) => void = () => {},
): Promise<Hints> {
  const unlisten = await database.listen(CHANNEL, payload => {
    const hint = parse(payload)
    if (hint && 'seq' in hint) onHint(hint.tenant, hint.seq)
    else if (hint) onFolded(hint.tenant, hint.folded)
  })
  const waiting = new Map<string, number>()
  let sending: Promise<void> | null = null

  const drain = async (): Promise<void> => {
    while (waiting.size > 0) {
      const [tenant, seq] = [...waiting][0] as [string, number]
      waiting.delete(tenant)
      await database.notify(CHANNEL, JSON.stringify({ tenant, seq })).catch(() => {})
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
      await sending
      await unlisten().catch(() => {})
    },
  }
}

type Hint =
  | { readonly tenant: string; readonly seq: number }
  | { readonly tenant: string; readonly folded: ReadonlySet<number> }

function parse(payload: string): Hint | null {
  try {
    const { tenant, seq, folded } = JSON.parse(payload) as {
      tenant?: unknown
      seq?: unknown
      folded?: unknown
    }
    if (typeof tenant !== 'string') return null
    if (Array.isArray(folded)) return { tenant, folded: new Set(folded.map(Number)) }
    return Number.isSafeInteger(seq) ? { tenant, seq: seq as number } : null
  } catch {
    return null
  }
}
