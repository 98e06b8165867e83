import type { Change } from '@zg/core/change/change'
import { type Instance, NOTHING } from '@zg/core/change/instance'
import { apply } from '@zg/core/change/merge'
import type { Json } from '@zg/core/json'
import type { Session } from '../session.ts'
import { type StoredUpdate, updatesOf } from '../text/save.ts'

/** A row or edge as the log alone tells it. */
export interface Told {
  readonly entity: number
  readonly key: string
  readonly instance: Instance
  /** Of the change that killed it, else of the last one. */
  readonly seq: number
}

/** A page of the log. */
export interface ToldPage {
  /** Those whose last change stands on it. */
  readonly instances: readonly Told[]
  /** The updates of texts on it; also of rows that turn out to be dead. */
  readonly updates: readonly StoredUpdate[]
}

/** Entries that are read at once. */
const PAGE = 2_000

interface Place {
  readonly entity: number
  readonly key: string
  readonly seq: string
}

type LogRow = Place & { readonly change: Json; readonly [column: string]: Json }

/**
 * All rows of a tenant, or all its edges, merged change by change, in the order of the log's index: in memory are one
 * instance and the page it stands on. `read` is told how many entries were.
 */
export async function* told(
  session: Session,
  tenant: string,
  what: 'rows' | 'edges',
  read: (entries: number) => void,
  limit = PAGE,
): AsyncGenerator<ToldPage, void, void> {
  let last: Place = { entity: 0, key: '', seq: '0' }
  let open: Told | null = null
  for (;;) {
    const page: readonly LogRow[] = await session.query<LogRow>(
      `select entity, key, seq, change from zg.log
      where tenant = $1 and (entity, key, seq) > ($2::int, $3::text, $4::bigint)
        and (strpos(key, '|') > 0) = $5::boolean
      order by entity, key, seq limit ${limit}`,
      [tenant, last.entity, last.key, last.seq, what === 'edges'],
    )
    const done: Told[] = []
    const updates: StoredUpdate[] = []
    for (const { entity, key, seq, change } of page) {
      if (open && (open.entity !== entity || open.key !== key)) {
        done.push(open)
        open = null
      }
      const one = change as unknown as Change
      open = next(open ?? { entity, key, instance: NOTHING, seq: 0 }, one, Number(seq))
      updates.push(...updatesOf(Number(seq), one))
    }
    read(page.length)
    const end: LogRow | undefined = page.at(-1)
    if (!end || page.length < limit) {
      if (open) done.push(open)
      yield { instances: done, updates }
      return
    }
    last = end
    yield { instances: done, updates }
  }
}

function next(one: Told, change: Change, seq: number): Told {
  const instance = apply(one.instance, change)
  // What comes about the dead changes nothing; a smaller delete takes the place of the first, not its position.
  return { ...one, instance, seq: one.instance.dead === null ? seq : one.seq }
}
