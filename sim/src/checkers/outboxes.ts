import { type Evidence, momentsOf, same, text } from '../evidence.ts'

/**
 * Promises 2, 4, 17 for what replicas make: what was durable at its author is judged once, and its author hears the verdict that
 * a gateway has given.
 */
export function* outboxes({ history, calls }: Evidence): Generator<string> {
  const judged = Map.groupBy(
    calls.filter(({ push, told }) => push && told.length > 0),
    ({ by }) => by,
  )
  for (const { client, call, outcome } of momentsOf(history, 'settled')) {
    const heard = (judged.get(client) ?? []).some(({ told }) => told.some(one => same(one, outcome)))
    if (!heard) yield `${client} heard of ${call} ${text(outcome)}, which no gateway has said`
  }
  if (!history.finished) return
  for (const { name, replica } of history.plan.clients) {
    if (!replica) continue
    const ids = new Set(
      momentsOf(history, 'durable').flatMap(({ client, id }) => (client === name ? [id] : [])),
    )
    const known = judged.get(name)?.length ?? 0
    if (known < ids.size) yield `${name} has made ${ids.size} mutations durable, and ${known} were judged`
  }
}
