import { type Evidence, momentsOf } from '../evidence.ts'

/** Promise 6: nobody goes back in time: not in a stream, not from read to read, whichever gateway answers. */
export function* sessions({ history }: Evidence): Generator<string> {
  const streams = new Map<number, number>()
  for (const { stream, call, tenant, since } of momentsOf(history, 'following')) {
    streams.set(stream, since.seqs[tenant] ?? 0)
    if (!since) yield `${call} follows from nowhere`
  }
  for (const { stream, call, tenant, batch } of momentsOf(history, 'batch')) {
    const before = streams.get(stream) ?? 0
    const seq = batch.position.seqs[tenant] ?? 0
    if (seq <= before) yield `${call} stood at ${before} and got a batch of ${seq}`
    streams.set(stream, seq)
  }
  for (const kind of ['read', 'result'] as const) {
    const seen = new Map<string, number>()
    for (const { client, call, tenant, picture } of momentsOf(history, kind)) {
      const who = kind === 'read' ? client : call
      const seq = picture.position.seqs[tenant] ?? 0
      const before = seen.get(who) ?? 0
      if (seq < before) yield `${who} has seen ${before} and then ${seq}`
      seen.set(who, seq)
    }
  }
}
