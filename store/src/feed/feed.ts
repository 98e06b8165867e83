import type { Catalog } from '@zg/core/ir/catalog'
import type { Feed, FeedEvent } from '@zg/core/ports/feed'
import type { Position } from '@zg/core/ports/position'
import { ProblemError, problem } from '@zg/core/problem'
import { NO_RELATIONS, type Predicate, predicate } from '@zg/core/query/evaluate'
import type { Row } from '@zg/core/query/query'
import { type Transition, touched, transitions } from './images.ts'
import type { Tail } from './tail.ts'

/** A Feed over the log: every event is read from there, hints only say when to look. */
export function createFeed({ catalog, tail, log }: { catalog: Catalog; tail: Tail; log: string }): Feed {
  const start = async (tenant: string, since: Position | undefined): Promise<number> => {
    const head = await tail.head(tenant)
    if (since === undefined) return head
    if (since.log !== log) throw badCursor('This cursor is of another database; start again without `since`')
    const seq = Object.hasOwn(since.seqs, tenant) ? since.seqs[tenant] : undefined
    if (seq === undefined) throw badCursor(`This cursor is of another tenant, not of ${tenant}`)
    if (seq > head)
      throw badCursor('This cursor is ahead of the log: was the database restored from a backup?')
    return seq
  }

  return {
    async *follow({ scope, shape, since, signal }) {
      const { tenant } = scope
      const matches = predicate(catalog, shape.entity, shape.where)
      if (tail.closed) return
      let seq = await start(tenant, since)
      while (true) {
        const chunk = await tail.next(tenant, seq, signal)
        if (!chunk) return
        seq = chunk.seq
        const events = transitions(catalog, chunk)
          .filter(({ entity }) => entity === shape.entity)
          .flatMap(transition => judge(matches, transition))
        yield { events, position: { log, seqs: { [tenant]: seq } } }
      }
    },
    async *touches({ tenant }, since, signal) {
      if (tail.closed) return
      let seq = await start(tenant, since)
      while (true) {
        const chunk = await tail.next(tenant, seq, signal)
        if (!chunk) return
        seq = chunk.seq
        yield { position: { log, seqs: { [tenant]: seq } }, entities: touched(catalog, chunk) }
      }
    },
  }
}

/** Each row is judged on its image before and after: it entered, changed inside, left, or was never seen. */
function judge(matches: Predicate, { id, from, to }: Transition): readonly FeedEvent[] {
  const inside = (row: Row | null): row is Row => row !== null && matches(row, NO_RELATIONS)
  if (inside(to)) return [{ kind: 'upsert', id, row: to }]
  if (!inside(from)) return []
  return [{ kind: to ? 'evict' : 'delete', id }]
}

function badCursor(message: string): ProblemError {
  return new ProblemError([problem('BAD_CURSOR', ['since'], message)])
}
