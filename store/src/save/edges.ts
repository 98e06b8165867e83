import type { Address } from '@zg/core/act/needs'
import { parseEdgeKey } from '@zg/core/change/id'
import { edgeTags } from '../codec.ts'
import type { Session } from '../session.ts'
import { type EdgeTable, type Layout, quoted } from '../tables/layout.ts'
import type { Send, Written } from './send.ts'

export function upsertEdges(
  send: Send,
  { sql, from, to }: EdgeTable,
  tenant: string,
  edges: readonly Written[],
): void {
  send(
    `insert into ${sql} (tenant, ${quoted(from)}, ${quoted(to)}, _state)
    select $1::text, u."from", u."to", jsonb_build_object('tags', u.tags::jsonb)
    from unnest($2::text[], $3::text[], $4::text[]) as u("from", "to", tags)
    on conflict (tenant, ${quoted(from)}, ${quoted(to)}) do update set _state = excluded._state`,
    [tenant, ...endLists(edges), edges.map(({ instance }) => JSON.stringify(edgeTags(instance)))],
  )
}

export function deleteEdges(
  send: Send,
  { sql, from, to }: EdgeTable,
  tenant: string,
  edges: readonly Written[],
): void {
  send(
    `delete from ${sql} e using unnest($2::text[], $3::text[]) as u("from", "to")
    where e.tenant = $1 and e.${quoted(from)} = u."from" and e.${quoted(to)} = u."to"`,
    [tenant, ...endLists(edges)],
  )
}

/**
 * Edges of dead rows leave their table: nobody will see them again. Their tags stay in `waiting`, because the log
 * may still be asked how things were before.
 */
export function hideEdges(
  send: Send,
  layout: Layout,
  { relation, sql, from, to }: EdgeTable,
  tenant: string,
  dead: readonly Address[],
): void {
  const ids = dead
    .filter(({ entity }) => {
      const name = layout.entities.get(entity)?.view.name
      return name === relation.from || name === relation.to
    })
    .map(({ key }) => key)
  if (!ids.length) return
  const [one, other] = [quoted(from), quoted(to)]
  const cell = `jsonb_build_object('0', jsonb_build_object('kind', 'edge', 'tags', _state -> 'tags'))`
  send(
    `with gone as (
        delete from ${sql} where tenant = $1 and (${one} = any($2::text[]) or ${other} = any($2::text[]))
        returning ${one} || '|' || ${other} as key, _state
      )
      insert into zg.waiting (tenant, entity, key, state)
      select $1::text, ${relation.number}, key, jsonb_build_object('born', null, 'dead', null, 'cells', ${cell}) from gone
      on conflict (tenant, entity, key) do update set state = excluded.state`,
    [tenant, ids],
  )
}

/** Those of the edges that have no dead end. */
export async function withLivingEnds(
  session: Session,
  tenant: string,
  edges: readonly Written[],
): Promise<readonly Written[]> {
  if (!edges.length) return []
  const ends = edges.map(({ key }) => parseEdgeKey(key))
  const ids = new Set(ends.flatMap(end => (end ? [end.from, end.to] : [])))
  const rows = await session.query<{ id: string }>(
    'select id from zg.tombstone where tenant = $1 and id = any($2::text[])',
    [tenant, [...ids]],
  )
  if (!rows.length) return edges
  const dead = new Set(rows.map(({ id }) => id))
  return edges.filter((_, i) => {
    const end = ends[i]
    return end && !dead.has(end.from) && !dead.has(end.to)
  })
}

function endLists(edges: readonly Address[]): readonly [string[], string[]] {
  const ends = edges.map(({ key }) => parseEdgeKey(key))
  return [ends.map(end => end?.from ?? ''), ends.map(end => end?.to ?? '')]
}
