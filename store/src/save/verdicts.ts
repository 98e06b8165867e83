import type { Expiry, Writes } from '@zg/core/ports/storage'
import type { VerdictDetail } from '../load.ts'
import type { Send } from './send.ts'

export function saveVerdicts(send: Send, tenant: string, verdicts: Writes['verdicts']): void {
  if (!verdicts.length) return
  const details = verdicts.map(
    ({ verdict: { status, ...detail }, ids }): VerdictDetail => ({ ...detail, ids }),
  )
  send(
    `insert into zg.verdict (tenant, "by", client, n, body_hash, status, detail, seq, at)
    select $1::text, u.by, u.client, u.n::bigint, u.hash, u.status, u.detail::jsonb, u.seq::bigint,
      to_timestamp(u.at::double precision / 1000)
    from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[])
      as u(by, client, n, hash, status, detail, seq, at)`,
    [
      tenant,
      verdicts.map(({ by }) => by),
      verdicts.map(({ client }) => client),
      verdicts.map(({ n }) => String(n)),
      verdicts.map(({ bodyHash }) => bodyHash),
      verdicts.map(({ verdict }) => verdict.status),
      details.map(detail => JSON.stringify(detail)),
      verdicts.map(({ seq }) => String(seq)),
      verdicts.map(({ at }) => String(at)),
    ],
  )
}

export function expireVerdicts(send: Send, tenant: string, { clients, before, limit }: Expiry): void {
  send(
    `delete from zg.verdict where ctid = any(array(
      select ctid from zg.verdict
      where tenant = $1 and at < to_timestamp($2::double precision / 1000) and starts_with(client, $3)
      order by at limit $4::int
    ))`,
    [tenant, before, clients, limit],
  )
}
