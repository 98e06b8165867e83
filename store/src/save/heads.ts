import { hlcToUuid } from '@zg/core/change/clock'
import type { Head } from '@zg/core/ports/storage'
import { plainArray } from '../parameter.ts'
import type { Send } from './send.ts'

/** Last of all, and once: each time a row is written costs its tenant's head another version. */
export function saveHeads(send: Send, heads: ReadonlyMap<string, Head>): void {
  if (heads.size === 0) return
  const all = [...heads.values()]
  send(
    `update zg.head h set seq = u.seq, hlc = u.hlc
    from unnest($1::text[], $2::bigint[], $3::uuid[]) as u(tenant, seq, hlc) where h.tenant = u.tenant`,
    [
      [...heads.keys()],
      plainArray(all.map(({ seq }) => seq)),
      plainArray(all.map(({ hlc }) => (hlc === null ? 'NULL' : hlcToUuid(hlc)))),
    ],
  )
}
