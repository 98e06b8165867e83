import type { Act } from '@zg/core'
import { type Asked, type Evidence, isOf, isReused, seqOf } from '../evidence.ts'

/** Promise 2: what was acknowledged is in the log, what was refused is not, and nobody else wrote anything. */
export function* durability({ tenants }: Evidence): Generator<string> {
  for (const { name, state, replay, calls } of tenants) {
    for (const call of calls) {
      if (isReused(call)) continue
      const [outcome] = call.told
      if (!outcome) continue
      const { status } = outcome.verdict
      const seq = seqOf(call, outcome)
      if (seq > state.head.seq)
        yield `${call.call} was told position ${seq}, beyond the head ${state.head.seq}`
      const [group] = call.groups
      if (status === 'rejected' && group) yield `${call.call} was refused, and is in the log at ${group.seq}`
      if (status !== 'applied') continue
      const changes = call.push?.work.kind === 'changes' ? call.push.work.changes.length : 0
      if (!group && (changes > 0 || mustLeaveTraces(call)))
        yield `${call.call} was applied at ${seq}, and is not in the log`
      if (group && group.seq !== seq) yield `${call.call} was told ${seq}, and is in the log at ${group.seq}`
    }
    for (const group of replay.groups) {
      if (!calls.some(call => isOf(call, group))) yield `${name} ${group.seq}: nobody asked for it`
    }
  }
}

/** Of an upsert one half is done, whatever is there. */
function mustLeaveTraces({ acts, push }: Asked): boolean {
  const traces = acts.filter(act => leavesTraces(act, push !== null))
  const other = ({ given }: Act) =>
    traces.some(act => act.given?.id === given?.id && act.given?.there !== given?.there)
  return traces.some(act => !act.given || other(act))
}

/** What a replica does to a row that is dead by then is applied without effect. */
function leavesTraces(act: Act, pushed: boolean): boolean {
  if (act.kind === 'create' || pushed) return act.kind === 'create'
  if (act.kind === 'delete') return true
  return Object.values(act.fields).some(({ kind }) => kind === 'set' || kind === 'increment')
}
