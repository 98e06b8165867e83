import type { Address } from '@zg/core/act/needs'
import type { Instance } from '@zg/core/change/instance'
import type { Send, Written } from './send.ts'

export function startWaiting(send: Send, tenant: string, list: readonly Written[]): void {
  if (!list.length) return
  send(
    `insert into zg.waiting (tenant, entity, key, state)
    select $1::text, u.entity::int, u.key, u.state::jsonb
    from unnest($2::text[], $3::text[], $4::text[]) as u(entity, key, state)
    on conflict (tenant, entity, key) do update set state = excluded.state`,
    [tenant, ...addressLists(list), list.map(({ instance }) => JSON.stringify(instance satisfies Instance))],
  )
}

export function stopWaiting(send: Send, tenant: string, list: readonly Written[]): void {
  if (!list.length) return
  send(
    `delete from zg.waiting w using unnest($2::int[], $3::text[]) as u(entity, key)
    where w.tenant = $1 and w.entity = u.entity and w.key = u.key`,
    [tenant, ...addressLists(list)],
  )
}

function addressLists(list: readonly Address[]): readonly [string[], string[]] {
  return [list.map(({ entity }) => String(entity)), list.map(({ key }) => key)]
}
