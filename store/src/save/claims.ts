import type { Writes } from '@zg/core/ports/storage'
import type { Send } from './send.ts'

export function saveClaims(send: Send, tenant: string, claims: Writes['claims']): void {
  // Of several lines about one value the last one counts.
  const final = [...new Map(claims.map(claim => [`${claim.index}/${claim.value}`, claim])).values()]
  const released = final.filter(({ id }) => id === null)
  const taken = final.filter(({ id }) => id !== null)
  const lists = (list: Writes['claims']) => [list.map(({ index }) => index), list.map(({ value }) => value)]
  if (released.length) {
    send(
      `delete from zg.claim c using unnest($2::text[], $3::text[]) as u(index, value)
      where c.tenant = $1 and c.index = u.index and c.value = u.value`,
      [tenant, ...lists(released)],
    )
  }
  if (taken.length) {
    send(
      `insert into zg.claim (tenant, index, value, id)
      select $1::text, u.index, u.value, u.id from unnest($2::text[], $3::text[], $4::text[]) as u(index, value, id)
      on conflict (tenant, index, value) do update set id = excluded.id`,
      [tenant, ...lists(taken), taken.map(({ id }) => id)],
    )
  }
}
