import { type Check, list, only, record, text, words } from '../change/check.ts'
import { position } from './replicaWire.ts'

const STATUSES = ['applied', 'repaired', 'rejected', 'conflict']

/** A problem, by form. What it says, and the names in its path, may be any text: models and users choose them. */
export const problemShape: Check = record({ code: text(64), message: words, path: list(words) })

/** A verdict with its place in the log (`Outcome`), to the last member. O(size). */
export const checkOutcome: Check = record({
  verdict: record(
    {
      status: only(value => STATUSES.includes(value as string), `must be one of ${STATUSES.join(', ')}`),
      problems: list(problemShape),
    },
    { superseded: list(record({ entity: words, id: words, field: words })) },
  ),
  position,
  ids: list(words),
})
