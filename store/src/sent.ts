import type { ClaimKey } from '@zg/core/act/needs'
import type { BatchNeeds, Client, Head, VerdictKey } from '@zg/core/ports/storage'
import { addressText, type LoadedFacts } from './load.ts'
import type { TenantWrites } from './save/send.ts'
import type { Line } from './session.ts'

/** A batch whose statement is on its way. Those of its tenants that come next are sent behind it, on the same line. */
export interface Sent {
  readonly line: Line
  /** As it leaves them. */
  readonly heads: ReadonlyMap<string, Head>
  readonly writes: readonly TenantWrites[]
  /** Resolves when the statement is answered, whatever the answer is. */
  readonly ended: Promise<void>
}

/**
 * What was loaded of a tenant while the batch was on its way, as it is behind it, whether that was seen already or not. Not
 * so `inbound` and `stamps`: who asks for those waits. O(what was asked and what was sent), nothing if nothing was asked.
 */
export function behind(
  { writes }: Sent,
  tenant: string,
  needs: BatchNeeds,
  loaded: LoadedFacts,
): LoadedFacts {
  const sent = writes.find(one => one.tenant === tenant)?.writes
  if (!sent) return loaded
  const { facts, places } = loaded
  const rows = later(needs.instances, addressText, sent.instances)
  const claims = later(needs.claims, claimText, sent.claims)
  const verdicts = later(needs.verdicts, verdictText, sent.verdicts)
  const last = new Map<string, number>()
  if (needs.clients.length)
    for (const one of sent.verdicts)
      last.set(clientText(one), Math.max(one.n, last.get(clientText(one)) ?? 0))
  return {
    facts: {
      inbound: facts.inbound,
      stamps: facts.stamps,
      instances: facts.instances.map((instance, i) => rows[i]?.instance ?? instance),
      claims: facts.claims.map((id, i) => {
        const claim = claims[i]
        return claim ? claim.id : id
      }),
      verdicts: facts.verdicts.map((verdict, i) => verdicts[i] ?? verdict),
      clients: facts.clients.map((n, i) => {
        const client = needs.clients[i]
        return Math.max(n, (client && last.get(clientText(client))) ?? 0)
      }),
    },
    // A statement by itself writes only rows that are shown.
    places: places.map((place, i) => (rows[i] ? 'shown' : place)),
  }
}

/** For each that was asked for what was sent of it, if anything was. */
function later<K, T extends K>(
  asked: readonly K[],
  textOf: (key: K) => string,
  sent: readonly T[],
): readonly (T | undefined)[] {
  if (asked.length === 0 || sent.length === 0) return []
  const found = new Map(sent.map(one => [textOf(one), one]))
  return asked.map(key => found.get(textOf(key)))
}

function claimText({ index, value }: ClaimKey): string {
  return `${index}/${value}`
}

function clientText({ by, client }: Client): string {
  return JSON.stringify([by, client])
}

function verdictText({ by, client, n }: VerdictKey): string {
  return JSON.stringify([by, client, n])
}
