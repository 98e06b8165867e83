import { decodeCursor, encodeCursor } from '@zg/core/ports/cursor'
import { type FeedBatch, type FeedEvent, START } from '@zg/core/ports/feed'
import type { Position } from '@zg/core/ports/position'
import { ProblemError } from '@zg/core/problem'
import { checkShape } from '@zg/core/query/check'
import { nearIds } from '@zg/core/query/near'
import type { Row } from '@zg/core/query/query'
import type { Span } from '../execute/context.ts'
import type { Operation } from '../execute/operation.ts'
import { refusal, refused } from './refusal.ts'
import { whereOf } from './where.ts'

/** What `MovieChange` is resolved from. */
export interface Change {
  readonly kind: FeedEvent['kind'] | 'reset'
  readonly id: string | null
  readonly row: Row | null
}

/** What `MovieChangeBatch` is resolved from. */
export interface ChangeBatch {
  readonly events: readonly Change[]
  readonly cursor: string
  /** Null: there is no going on from here but from `START`. */
  readonly position: Position | null
}

/** The source of `movieChanges`. */
export interface Changes extends AsyncIterableIterator<ChangeBatch> {
  /** Where it begins, as soon as that is known; null where it begins with all rows, or not at all. */
  readonly began: Promise<Position | null>
}

export function isChanges(source: object): source is Changes {
  return 'began' in source
}

/**
 * The source of `movieChanges`: the feed from `since` on, or from its start. Follows from this moment, not from the first pull, so
 * that nothing is missed in between. `return` aborts the feed at once, even in the middle of a wait.
 */
export function changes(
  { services }: Operation,
  entity: string,
  { where, since: asked }: { readonly where?: unknown; readonly since?: unknown },
  { fromNow = false, until }: Span = {},
): Changes {
  const { catalog, names, feed, scope } = services
  const since = fromNow ? undefined : asked
  const filter = whereOf(catalog, names, entity, where)
  const [problem] = checkShape(catalog, entity, filter)
  if (problem) throw refusal(problem.code, ['where'], problem.message)
  const shape = { entity, where: nearIds(catalog, entity, filter) }
  const from: Position | typeof START | undefined =
    since === START ? START : typeof since === 'string' ? positionOf(since) : undefined
  const end = new AbortController()
  let begin: (position: Position | null) => void = () => {}
  const began = new Promise<Position | null>(resolve => {
    begin = resolve
  })
  const request = {
    scope,
    shape,
    signal: end.signal,
    began: begin,
    ...(from ? { since: from } : {}),
    ...(until ? { until } : {}),
  }
  const batches = feed.follow(request)[Symbol.asyncIterator]()
  let early: Promise<IteratorResult<FeedBatch>> | null = batches.next()
  early.then(
    () => begin(null),
    () => begin(null),
  )

  return {
    began,
    [Symbol.asyncIterator]() {
      return this
    },
    next: () => {
      if (end.signal.aborted) return Promise.resolve(DONE)
      const next = early ?? batches.next()
      early = null
      return next.then(
        result => (result.done ? DONE : { done: false, value: batchOf(result.value) }),
        error => {
          if (end.signal.aborted) return DONE
          throw known(error)
        },
      )
    },
    return: () => {
      end.abort()
      batches.return?.().catch(() => {})
      return Promise.resolve(DONE)
    },
  }
}

const DONE = { done: true, value: undefined } as const

function batchOf({ events, position, again }: FeedBatch): ChangeBatch {
  const reset: readonly Change[] =
    again && again !== 'LOADING' ? [{ kind: 'reset', id: null, row: null }] : []
  const told = [...events.map(changeOf), ...reset]
  if (again) return { events: told, cursor: START, position: null }
  return { events: told, cursor: encodeCursor(position), position }
}

function changeOf(event: FeedEvent): Change {
  return { kind: event.kind, id: event.id, row: event.kind === 'upsert' ? event.row : null }
}

function positionOf(since: string): Position {
  const position = decodeCursor(since)
  if ('code' in position) throw refused(position)
  return position
}

/** What the feed refuses, such as a position of another log, is for the asker to know. */
function known(error: unknown): unknown {
  const [problem] = error instanceof ProblemError ? error.problems : []
  if (!problem) return error
  return refusal(problem.code, [problem.code === 'SHAPE_TOO_LARGE' ? 'where' : 'since'], problem.message)
}
