import { type Evidence, momentsOf, same, seqOf, text } from '../evidence.ts'

/**
 * Promises 2, 4, 5, 17 for what replicas make: what was durable at its author is judged once, and its author hears the verdict that
 * a gateway has given, and goes on seeing its effect.
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
  yield* ownEffects(history)
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

/** What was applied is not taken off the screen before the state that holds it has come. */
function* ownEffects({ moments }: Evidence['history']): Generator<string> {
  const applied = new Map<string, number>()
  for (const moment of moments) {
    if (moment.kind === 'settled' && moment.outcome.verdict.status === 'applied') {
      applied.set(moment.client, Math.max(applied.get(moment.client) ?? 0, seqOf(moment, moment.outcome)))
    }
    if (moment.kind !== 'held') continue
    const { client, tenant, picture } = moment
    const seq = picture.position.seqs[tenant] ?? 0
    const floor = applied.get(client) ?? 0
    if (seq < floor)
      yield `${client} knows that its work was applied at ${floor}, and shows ${seq} without it`
  }
}
