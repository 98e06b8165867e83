import type { Feed, ReplicaEvent } from '@zg/core/ports/feed'

/** A feed that has these events to tell replicas, all at once, and nothing after them. */
export function feedOf(events: readonly ReplicaEvent[]): Feed {
  const never = (): never => {
    throw new Error('Nobody follows it but replicas')
  }
  return {
    follow: never,
    touches: never,
    replicate: async function* ({ scope, shapes, signal }) {
      const position = { log: 'fixture', seqs: { [scope.tenant]: 1 } }
      yield { kind: 'events', events, position, loaded: shapes.map(() => ({ kind: 'whole' })) }
      await new Promise(resolve => signal.addEventListener('abort', resolve))
    },
  }
}
