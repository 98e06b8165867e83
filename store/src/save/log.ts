import { hlcToUuid } from '@zg/core/change/clock'
import { jsonLines, jsonList, plainArray, textArray } from '../parameter.ts'
import type { Send, TenantWrites } from './send.ts'

export function saveEntries(send: Send, tenants: readonly string[], all: readonly TenantWrites[]): void {
  const entries = all.flatMap(({ writes }) => writes.entries)
  if (!entries.length) return
  send(
    `insert into zg.log (tenant, seq, id, entity, key, change, before, last)
    select ($1::text[])[u.t], u.seq, u.id, u.entity, u.key, u.change::json, u.before::json, u.last
    from unnest($2::int[], $3::bigint[], $4::uuid[], $5::int[], $6::text[], ${jsonList(7)}, ${jsonList(8)}, $9::boolean[])
      as u(t, seq, id, entity, key, change, before, last)`,
    [
      tenants,
      plainArray(all.flatMap(({ writes }, i) => writes.entries.map(() => i + 1))),
      plainArray(entries.map(({ seq }) => seq)),
      plainArray(entries.map(({ change }) => hlcToUuid(change.id))),
      plainArray(entries.map(({ change }) => change.entity)),
      textArray(entries.map(({ change }) => change.key)),
      jsonLines(entries.map(({ change }) => change)),
      jsonLines(entries.map(({ before }) => before)),
      plainArray(entries.map(({ last }) => last)),
    ],
  )
}
