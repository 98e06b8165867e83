import { type Evidence, momentsOf } from '../evidence.ts'
import type { History } from '../history.ts'

/**
 * Promises 2 and 17 for what was refused: it lies in its author's drawer until he deals with it, whatever became of his device,
 * and what he sent again is not there any more.
 */
export function* drawers({ history }: Evidence): Generator<string> {
  for (const { name, replica } of history.plan.clients) {
    if (!replica) continue
    yield* left(history, name)
    if (history.finished) yield* lost(history, name)
  }
}

/** Somebody has sent it again, and it is still there, or there again. */
function* left(history: History, name: string): Generator<string> {
  const durable = new Set(own(history, name, 'durable').map(({ call, id }) => `${call} ${id}`))
  const replaced = new Set<number>()
  let inside: readonly number[] = []
  let ended = -1
  for (const moment of history.moments) {
    if (moment.kind === 'event' && moment.what.startsWith(`${name} ends`)) ended = moment.at
    if (!('client' in moment) || moment.client !== name) continue
    if (moment.kind === 'drawer') inside = moment.ids
    if (moment.kind === 'wrote' && moment.replaces !== null && moment.outcome.verdict.status === 'applied') {
      const { call, id, replaces } = moment
      // A device that ended while it wrote shows its drawer to nobody any more.
      if (inside.includes(replaces) && moment.at > ended)
        yield `${name} has sent ${replaces} again, and it lies in the drawer`
      if (durable.has(`${call} ${id}`)) replaced.add(replaces)
    }
  }
  for (const id of inside)
    if (replaced.has(id)) yield `${name} has sent ${id} again, and it is back in the drawer`
}

/** It was refused, nobody has dealt with it, and it is gone. */
function* lost(history: History, name: string): Generator<string> {
  const dealt = new Set<number | null>([
    ...own(history, name, 'discarded').map(({ id }) => id),
    ...own(history, name, 'wrote').map(({ replaces }) => replaces),
    ...(own(history, name, 'drawer').at(-1)?.ids ?? []),
  ])
  for (const { call, id, outcome } of own(history, name, 'settled')) {
    if (outcome.verdict.status === 'rejected' && !dealt.has(id))
      yield `${call}, which was refused, is not in the drawer of ${name}`
  }
}

function own<K extends Parameters<typeof momentsOf>[1]>(history: History, name: string, kind: K) {
  return momentsOf(history, kind).filter(moment => 'client' in moment && moment.client === name)
}
