import type { Mutation, Outcome, Position, Scope } from '@zg/core'
import { createDialogue, type Dialogue } from './dialogue.ts'
import type { Told } from './history.ts'
import { createLife, type Life } from './life.ts'
import type { Network } from './network.ts'
import type { ClientPlan, Step } from './plan.ts'
import type { Random } from './random.ts'
import type { Scheduler } from './scheduler.ts'
import { createStream, type Stream, type StreamPlan } from './stream.ts'

/** A pause (ms) before something is tried again is at most so long. */
const PATIENCE = 300

export interface ClientOptions {
  readonly plan: ClientPlan
  readonly gateways: readonly string[]
  readonly log: string
  readonly scheduler: Scheduler
  readonly network: Network
  readonly random: Random
  readonly number: () => number
  readonly record: (moment: Told) => void
  /** Which of the messages it sends arrive twice, the first being 1. */
  readonly doubled: ReadonlySet<number>
}

/**
 * Somebody without a replica: keeps what is to be committed, as a program would that may end at any moment, sends it until
 * there is a verdict, reads, follows.
 */
export interface Client {
  readonly name: string
  start(): void
  crash(down: number): void
  freeze(ms: number): void
  /** Nothing left to do, and its streams have come as far as `heads`. */
  finished(heads: (tenant: string) => number): boolean
}

type Commit = Extract<Step, { kind: 'commit' }>

export function createClient(options: ClientOptions): Client {
  const { plan, gateways, log, scheduler, network, record } = options
  const { name, tenant, steps } = plan
  let life: Life | null = null
  let lives = 0
  /** What outlives the process. */
  const kept = {
    next: 0,
    outbox: new Map<string, Commit>(),
    streams: new Map<string, StreamPlan>(),
    read: { log, seqs: { [tenant]: 0 } } as Position,
  }
  let streams: Stream[] = []
  let busy = 0

  const start = (): void => {
    const own = createLife(scheduler)
    life = own
    busy = 0
    const chance = options.random.fork(`${name}/${++lives}`)
    const dialogue = createDialogue({
      name,
      life: own,
      network,
      gateways,
      chance: chance.fork('dialogue'),
      doubled: options.doubled,
    })
    streams = []
    for (const [call, commit] of kept.outbox) {
      if (commit.id === null) abandon(call, 'Restarted')
      else void deliver(own, dialogue, commit, chance.fork(call))
    }
    for (const stream of kept.streams.values()) open(own, stream, chance)
    void go(own, dialogue, chance)
  }

  const go = async (own: Life, dialogue: Dialogue, chance: Random): Promise<void> => {
    for (let step = steps[kept.next]; step; step = steps[kept.next]) {
      await own.sleep(step.after, `${name} step`)
      kept.next++
      await perform(own, dialogue, chance, step)
    }
  }

  const perform = async (own: Life, dialogue: Dialogue, chance: Random, step: Step): Promise<void> => {
    switch (step.kind) {
      case 'commit': {
        kept.outbox.set(step.call, step)
        const delivered = deliver(own, dialogue, step, chance.fork(step.call))
        if (step.wait) await delivered
        return
      }
      case 'read':
        return read(own, dialogue, step.call, chance.fork(step.call))
      case 'follow': {
        const since = step.from === 'start' ? { log, seqs: { [tenant]: 0 } } : kept.read
        const stream: StreamPlan = { kind: 'follow', call: step.call, shape: step.shape, positions: [since] }
        kept.streams.set(step.call, stream)
        open(own, stream, chance)
        return
      }
      case 'watch': {
        const stream: StreamPlan = { kind: 'watch', call: step.call, entity: step.entity, positions: [] }
        kept.streams.set(step.call, stream)
        open(own, stream, chance)
        return
      }
      case 'offline':
        for (const gateway of gateways) network.part(name, gateway, step.ms)
        network.cut(name)
        return own.sleep(step.ms, `${name} online`)
      case 'restart':
        return crash(step.ms)
      case 'tidy':
        return
    }
  }

  const call = (id: string) => ({ client: name, tenant, call: id })

  const abandon = (id: string, error: string): void => {
    kept.outbox.delete(id)
    record({ kind: 'unsure', ...call(id), error })
  }

  const deliver = async (own: Life, dialogue: Dialogue, commit: Commit, chance: Random): Promise<void> => {
    busy++
    const mutation = mutationOf(commit)
    const { acts, id } = commit
    record({ kind: 'asked', ...call(commit.call), id, by: mutation.scope.principal.id, acts })
    const ask = () => dialogue.ask({ kind: 'commit', call: commit.call, mutation })
    for (;;) {
      const answer = await ask()
      if (answer.kind === 'outcome') {
        told(commit, answer.outcome)
        break
      }
      if (id === null) {
        abandon(commit.call, answer.kind === 'error' ? answer.error : answer.kind)
        break
      }
      if (answer.kind === 'error') record({ kind: 'refused', ...call(commit.call), error: answer.error })
      await own.sleep(chance.between(1, PATIENCE), `${name} retry`)
    }
    for (let left = commit.id === null ? 0 : commit.again; left > 0; left--) {
      const answer = await ask()
      if (answer.kind === 'outcome') told(commit, answer.outcome)
    }
    busy--
  }

  const told = (commit: Commit, outcome: Outcome): void => {
    kept.outbox.delete(commit.call)
    record({ kind: 'told', ...call(commit.call), outcome })
  }

  const scopeOf = (id: string): Scope => ({ tenant, principal: { id, roles: [], claims: {} } })

  /** Who has no mutation id is known by who he is. */
  const mutationOf = ({ call: own, id, acts }: Commit): Mutation =>
    id === null ? { scope: scopeOf(`${name}/${own}`), acts } : { scope: scopeOf(name), acts, mutationId: id }

  const read = async (own: Life, dialogue: Dialogue, id: string, chance: Random): Promise<void> => {
    busy++
    record({ kind: 'reading', ...call(id) })
    for (;;) {
      const answer = await dialogue.ask({ kind: 'read', call: id, scope: scopeOf(name) })
      if (answer.kind === 'picture') {
        kept.read = answer.picture.position
        record({ kind: 'read', ...call(id), picture: answer.picture })
        break
      }
      if (answer.kind === 'error') record({ kind: 'refused', ...call(id), error: answer.error })
      await own.sleep(chance.between(1, PATIENCE), `${name} retry`)
    }
    busy--
  }

  const open = (own: Life, stream: StreamPlan, chance: Random): void => {
    const opened = createStream({
      plan: stream,
      call: call(stream.call),
      scope: scopeOf(name),
      life: own,
      network,
      gateways,
      chance: chance.fork(stream.call),
      number: options.number,
      record,
    })
    streams.push(opened)
  }

  const crash = (down: number): void => {
    if (!life) return
    life.end()
    life = null
    network.cut(name)
    record({ kind: 'event', what: `${name} ends` })
    scheduler.after(down, `${name} starts`, start)
  }

  return {
    name,
    start,
    crash,
    freeze: ms => life?.freeze(ms),
    finished: heads =>
      life !== null &&
      kept.next >= steps.length &&
      busy === 0 &&
      kept.outbox.size === 0 &&
      streams.every(stream => stream.reached >= heads(tenant)),
  }
}
