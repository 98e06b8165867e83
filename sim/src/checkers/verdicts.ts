import { type Evidence, isReused, momentsOf, same, text } from '../evidence.ts'

/** What may go wrong with a call when the database or a connection goes away; anything else is a bug. */
const EXCUSES = /Connection lost|Refused at|Restarted|^lost$|Session gone/

/** Promise 17: a verdict never changes, and nothing stops the others: in the end everybody has got one. */
export function* verdicts({ history, calls }: Evidence): Generator<string> {
  if (!history.finished) yield 'Somebody still waits, long after the last fault'
  for (const { call, told } of calls) {
    const [first] = told
    for (const again of told)
      if (!same(again, first)) yield `${call} was told ${text(first)}, and then ${text(again)}`
  }
  const byId = Map.groupBy(
    calls.filter(({ id }) => id !== null),
    ({ by, tenant, id }) => JSON.stringify([tenant, by, id]),
  )
  for (const [id, own] of byId) {
    const heard = own.filter(({ told }) => told.length > 0)
    if (heard.length === own.length && heard.every(isReused))
      yield `all mutations under ${id} were told that it is used`
  }
  for (const { call, error } of momentsOf(history, 'refused'))
    if (!EXCUSES.test(error)) yield `${call}: ${error}`
  for (const { call, error } of momentsOf(history, 'unsure'))
    if (!EXCUSES.test(error)) yield `${call}: ${error}`
}
