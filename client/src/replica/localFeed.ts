import type { Catalog } from '@zg/core/ir/catalog'
import type { RowSource } from '@zg/core/memory/rows'
import {
  type Feed,
  type FeedBatch,
  type FeedEvent,
  type FollowRequest,
  type Shape,
  START,
  type Touches,
} from '@zg/core/ports/feed'
import type { Position } from '@zg/core/ports/position'
import type { Scope } from '@zg/core/ports/scope'
import { ProblemError, problem } from '@zg/core/problem'
import { NO_RELATIONS, predicate } from '@zg/core/query/evaluate'
import type { Row } from '@zg/core/query/query'
import { crosses } from './crosses.ts'
import type { Shift } from './surface.ts'

/** A replica's own log: one step each time what is seen changes, by a batch or by somebody here. */
export interface LocalLog {
  /** Of this replica since it was opened; no other log has it. */
  readonly log: string
  readonly seq: number
  readonly feed: Pick<Feed, 'follow' | 'touches'>
  /** A row as it was at a position; undefined: it has not changed since. Throws `BAD_CURSOR`. */
  rowAt(position: Position, entity: string, id: string): Row | null | undefined
  /** What was known of the gateway's log at a position. Throws `BAD_CURSOR`. */
  cursorAt(position: Position): Position | null
  /** `cursor`: what is confirmed, up to where in the gateway's log. */
  note(shifts: readonly Shift[], cursor: Position | null): void
  close(): void
}

/** The events of a step. */
type Watch = (shifts: readonly Shift[]) => readonly FeedEvent[]

/** Steps that are remembered. */
const MEMORY = 1_000

export function createLocalLog(
  catalog: Catalog,
  log: string,
  tenant: string,
  rows: () => RowSource,
): LocalLog {
  let seq = 0
  let steps: {
    readonly seq: number
    readonly shifts: readonly Shift[]
    readonly cursor: Position | null
  }[] = []
  let waiting: (() => void)[] = []
  let closed = false

  const wake = (): void => {
    const woken = waiting
    waiting = []
    for (const each of woken) each()
  }
  const at = (seq: number): Position => ({ log, seqs: { [tenant]: seq } })
  const start = (since: Position | undefined): number => {
    if (since === undefined) return seq
    return known(since)
  }
  const known = (position: Position): number => {
    const from =
      position.log === log && Object.hasOwn(position.seqs, tenant) ? position.seqs[tenant] : undefined
    if (from === undefined || from > seq) throw badCursor('This cursor is not of this replica as it runs now')
    if (from < oldest()) throw badCursor('This cursor is older than what this replica remembers')
    return from
  }
  const oldest = (): number => (steps[0] ? steps[0].seq - steps[0].shifts.length : seq)

  /** Resolves when there is something behind `seq`, or there never will be. */
  const behind = async (from: number, signal: AbortSignal): Promise<void> => {
    while (seq <= from && !closed && !signal.aborted) {
      await new Promise<void>(resolve => {
        const done = (): void => {
          signal.removeEventListener('abort', done)
          resolve()
        }
        signal.addEventListener('abort', done)
        waiting.push(done)
      })
    }
  }
  /** Null: it ends. */
  const next = async (
    scope: Scope,
    from: number,
    signal: AbortSignal,
    until?: number,
  ): Promise<{ readonly shifts: readonly Shift[]; readonly seq: number } | null> => {
    if (scope.tenant !== tenant) throw badCursor(`This replica holds ${tenant}, not ${scope.tenant}`)
    await behind(from, signal)
    if (closed || signal.aborted) return null
    if (from < oldest()) throw badCursor('This follower fell behind what this replica remembers')
    const bound = until !== undefined && until > from ? until : seq
    const passed = steps.filter(step => step.seq > from && step.seq <= bound)
    return { shifts: passed.flatMap(({ shifts }) => shifts), seq: passed.at(-1)?.seq ?? from }
  }

  async function* follow(request: FollowRequest): AsyncIterable<FeedBatch> {
    const { scope, shape, since, signal, began, until } = request
    let from = start(since === START ? undefined : since)
    const across = crosses(shape.where)
    if (across && from < seq) {
      throw badCursor('A replica cannot resume a shape that looks at other rows; start again without `since`')
    }
    const watch = across ? membership(shape) : transitions(shape)
    if (since === START) {
      const events = members(shape).map((row): FeedEvent => ({ kind: 'upsert', id: row.id, row }))
      yield { events, position: at(from) }
    } else began?.(at(from))
    while (true) {
      const step = await next(scope, from, signal, until?.()?.seqs[tenant])
      if (!step) return
      from = step.seq
      yield { events: watch(step.shifts), position: at(from) }
    }
  }

  /** What the shape's own rows tell: each is judged as it was and as it is. */
  const transitions = ({ entity, where }: Shape): Watch => {
    const holds = predicate(catalog, entity, where)
    return shifts =>
      net(shifts.filter(shift => shift.entity === entity)).flatMap(({ id, from, to }): FeedEvent[] => {
        if (to && holds(to, NO_RELATIONS)) return [{ kind: 'upsert', id, row: to }]
        if (!from || !holds(from, NO_RELATIONS)) return []
        return [{ kind: to ? 'evict' : 'delete', id }]
      })
  }

  /** The rows of a shape as they are now. */
  const members = ({ entity, where }: Shape): readonly Row[] => {
    const source = rows()
    const holds = predicate(catalog, entity, where)
    return [...source.rows(entity)].filter(row => holds(row, source))
  }

  /** What depends on other rows can change with any of them: all rows are judged anew. O(rows of the entity). */
  const membership = (shape: Shape): Watch => {
    const { entity } = shape
    const byId = () => new Map(members(shape).map(row => [row.id, row]))
    let before = byId()
    return () => {
      const now = byId()
      const source = rows()
      const came = [...now.values()].filter(row => before.get(row.id) !== row)
      const left = [...before.keys()].filter(id => !now.has(id))
      before = now
      return [
        ...came.map((row): FeedEvent => ({ kind: 'upsert', id: row.id, row })),
        ...left.map((id): FeedEvent => ({ kind: source.row(entity, id) ? 'evict' : 'delete', id })),
      ]
    }
  }

  async function* touches(scope: Scope, since: Position, signal: AbortSignal): AsyncIterable<Touches> {
    let from = start(since)
    for (;;) {
      const step = await next(scope, from, signal)
      if (!step) return
      from = step.seq
      yield { position: at(from), entities: new Set(step.shifts.map(({ entity }) => entity)) }
    }
  }

  return {
    log,
    get seq() {
      return seq
    },
    feed: { follow, touches },
    rowAt: (position, entity, id) => {
      const from = known(position)
      for (const step of steps) {
        if (step.seq <= from) continue
        const shift = step.shifts.find(each => each.entity === entity && each.id === id)
        if (shift) return shift.from
      }
      return undefined
    },
    cursorAt: position => {
      const from = known(position)
      return steps.findLast(step => step.seq <= from)?.cursor ?? null
    },
    note: (shifts, cursor) => {
      if (shifts.length === 0) return
      seq += shifts.length
      steps.push({ seq, shifts, cursor })
      if (steps.length > 2 * MEMORY) steps = steps.slice(-MEMORY)
      wake()
    },
    close: () => {
      closed = true
      wake()
    },
  }
}

/** One shift per row: from what it was first to what it is now. Edges move no row. */
function net(shifts: readonly Shift[]): readonly Shift[] {
  const rows = new Map<string, Shift>()
  for (const shift of shifts) {
    if (!shift.from && !shift.to) continue
    const earlier = rows.get(shift.id)
    rows.delete(shift.id)
    rows.set(shift.id, earlier ? { ...shift, from: earlier.from } : shift)
  }
  return [...rows.values()]
}

function badCursor(message: string): ProblemError {
  return new ProblemError([problem('BAD_CURSOR', ['since'], message)])
}
