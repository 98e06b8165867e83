import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Position } from '../ports/position.ts'
import type { SentBatch } from '../ports/replicaWire.ts'
import type { Outcome } from '../ports/writer.ts'
import { type ClientEvent, clientSession, clientStep } from './clientSession.ts'
import { CLIENT_MESSAGES } from './message.fixture.ts'
import type { ClientMessage, ServerMessage } from './message.ts'
import { type Answer, type ServerEvent, serverSession, serverStep, type Terms } from './serverSession.ts'

const terms: Terms = { schema: 'a'.repeat(64), tenant: 'main', window: 1_000 }

const at = (seq: number): Position => ({ log: 'log', seqs: { main: seq } })
const outcomeAt = (seq: number): Outcome => ({
  verdict: { status: 'applied', problems: [] },
  position: at(seq),
  ids: [],
})

/** Both ends on one connection that loses everything at once, a gateway that commits, and a replica that counts. */
class Trial {
  now = 1_000_000
  client = clientSession({ answered: 0, last: 0 })
  server = serverSession(terms, this.now)
  connection = 0
  /** What is under way: done one by one, those of a lane in order. */
  readonly lanes: Map<string, (() => void)[]> = new Map()
  /** Of the replica's mutations: whether they are stamped too far ahead. */
  readonly outbox: { ahead: boolean }[] = []
  readonly settled: number[] = []
  /** The log: whose entry stands at each position. */
  readonly log: (number | 'other')[] = []
  readonly judged = new Map<number, number>()
  position = 0
  following: { readonly epoch: number; at: number; batch: number } | null = null

  later(lane: string, work: () => void): void {
    this.lanes.set(lane, [...(this.lanes.get(lane) ?? []), work])
  }

  /** Does one thing of those under way. */
  step(choice: number): boolean {
    const busy = [...this.lanes].filter(([, list]) => list.length > 0)
    const [lane, list = []] = busy[choice % Math.max(1, busy.length)] ?? []
    if (lane === undefined) return false
    this.lanes.set(lane, list.slice(1))
    list[0]?.()
    return true
  }

  connect(): void {
    this.cut()
    this.connection++
    this.server = serverSession(terms, this.now)
    this.following = null
    this.tell({ kind: 'opened', now: this.now })
  }

  cut(): void {
    for (const lane of ['up', 'down', 'pull']) this.lanes.delete(lane)
    this.connection++
    this.serve({ kind: 'lost' })
    this.tell({ kind: 'lost' })
  }

  write(ahead: boolean): void {
    this.outbox.push({ ahead })
    this.tell({ kind: 'queued', last: this.outbox.length })
  }

  tell(event: ClientEvent): void {
    const { state, effects } = clientStep(this.client, event)
    this.client = state
    for (const effect of effects) {
      if (effect.kind === 'greet')
        this.up({ ...CLIENT_MESSAGES.hello, answered: effect.answered, window: 200 })
      else if (effect.kind === 'follow')
        this.up({
          kind: 'follow',
          epoch: effect.epoch,
          shapes: [],
          since: { position: at(this.position), loaded: [] },
        })
      else if (effect.kind === 'push')
        this.up({
          kind: 'push',
          n: effect.n,
          attempt: effect.attempt,
          base: null,
          work: this.outbox[effect.n - 1]?.ahead ?? false,
        })
      else if (effect.kind === 'send') this.up(effect.message)
      else if (effect.kind === 'settle') this.settled.push(effect.n)
      else if (effect.kind === 'apply') this.apply(effect.body)
      else if (effect.kind === 'restamp') this.later('disk', () => this.restamp())
      else if (effect.kind === 'close') this.later('close', () => this.cut())
      else expect(effect).toMatchObject({ kind: 'offset' })
    }
  }

  apply(body: SentBatch): void {
    if (body.kind === 'reset') throw new Error('Nobody reset it')
    const to = body.position.seqs.main ?? 0
    for (const whose of this.log.slice(this.position, to)) {
      // Whoever is sent the effect of his own mutation knows that it is done.
      if (whose !== 'other') expect(this.settled).toContain(whose)
    }
    this.position = to
  }

  restamp(): void {
    for (const [i, entry] of this.outbox.entries()) if (!this.settled.includes(i + 1)) entry.ahead = false
    this.tell({ kind: 'restamped' })
  }

  up(message: ClientMessage): void {
    const { connection } = this
    const copy: ClientMessage = JSON.parse(JSON.stringify(message))
    this.later('up', () => {
      if (connection === this.connection) this.serve({ ...copy, now: this.now })
    })
  }

  serve(event: ServerEvent): void {
    const { state, effects } = serverStep(this.server, event)
    this.server = state
    for (const effect of effects) {
      if (effect.kind === 'send') this.down(effect.message)
      else if (effect.kind === 'sendText') this.down(JSON.parse(effect.text))
      else if (effect.kind === 'replicate')
        this.following = { epoch: effect.epoch, at: effect.since?.position.seqs.main ?? 0, batch: 0 }
      else if (effect.kind === 'pull') this.pull()
      else if (effect.kind === 'submit') this.submit(effect.ticket, effect.n, effect.work === true)
      else if (effect.kind === 'close') this.later('close', () => this.cut())
      else expect(effect).toEqual({ kind: 'stop' })
    }
  }

  /** The feed answers when there is something behind what was given last. */
  pull(): void {
    const own = this.following
    if (!own) return
    this.later('pull', () => {
      if (own !== this.following) return
      if (own.at === this.log.length) {
        this.pull()
        return
      }
      own.at = Math.min(this.log.length, own.at + 3)
      own.batch++
      const message: ServerMessage = {
        kind: 'batch',
        epoch: own.epoch,
        batch: own.batch,
        body: { kind: 'events', events: [], position: at(own.at), loaded: [] },
      }
      this.serve({ kind: 'fed', epoch: own.epoch, batch: own.batch, text: JSON.stringify(message) })
    })
  }

  /** Two submits may be answered in either order; what was submitted is done even if the connection is gone. */
  submit(ticket: number, n: number, ahead: boolean): void {
    const { connection } = this
    const problem = (code: string) => ({ code, message: code, path: [] })
    const next = this.judged.size + 1
    this.later('writer', () => {
      let answer: Answer
      const known = this.judged.get(n)
      if (known !== undefined) answer = { kind: 'verdict', outcome: outcomeAt(known) }
      else if (n > this.judged.size + 1)
        answer = { kind: 'unjudged', problem: problem('MUTATION_GAP'), time: this.now }
      else if (ahead) answer = { kind: 'unjudged', problem: problem('CLOCK_AHEAD'), time: this.now }
      else {
        this.log.push(n)
        this.judged.set(n, this.log.length)
        answer = { kind: 'verdict', outcome: outcomeAt(this.log.length) }
      }
      this.later(`answer ${(ticket + next) % 3}`, () => {
        if (connection === this.connection) this.serve({ kind: 'answered', ticket, answer })
      })
    })
  }

  down(message: ServerMessage): void {
    const { connection } = this
    const copy: ServerMessage = JSON.parse(JSON.stringify(message))
    this.later('down', () => {
      if (connection === this.connection) this.tell({ ...copy, now: this.now })
    })
  }

  quiet(): boolean {
    return this.settled.length === this.outbox.length && this.position === this.log.length
  }
}

const happenings = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.nat(1_000).map(choice => (trial: Trial) => void trial.step(choice)) },
    { weight: 2, arbitrary: fc.boolean().map(ahead => (trial: Trial) => trial.write(ahead)) },
    { weight: 2, arbitrary: fc.constant((trial: Trial) => void trial.log.push('other')) },
    { weight: 1, arbitrary: fc.constant((trial: Trial) => trial.cut()) },
    { weight: 1, arbitrary: fc.constant((trial: Trial) => trial.connect()) },
    { weight: 1, arbitrary: fc.constant((trial: Trial) => trial.tell({ kind: 'reshaped' })) },
  ),
  { maxLength: 200 },
)

test('whatever breaks: each mutation is done once, in order, and known before its effect arrives', () => {
  fc.assert(
    fc.property(happenings, fc.infiniteStream(fc.nat(1_000)), (list, choices) => {
      const trial = new Trial()
      for (const happen of list) happen(trial)
      for (let tries = 0; !trial.quiet(); tries++) {
        expect(tries).toBeLessThan(20)
        trial.connect()
        for (let i = 0; i < 2_000 && !trial.quiet(); i++) trial.step(choices.next().value)
      }
      const numbers = trial.outbox.map((_, i) => i + 1)
      expect(trial.settled).toEqual(numbers)
      expect(trial.log.filter(whose => whose !== 'other')).toEqual(numbers)
    }),
    { numRuns: 500 },
  )
})

test('a mutation that is durable late does not hide a later one', () => {
  let state = clientStep(clientSession({ answered: 0, last: 0 }), { kind: 'opened', now: 0 }).state
  const pushed: number[] = []
  const tell = (event: ClientEvent): void => {
    const step = clientStep(state, event)
    state = step.state
    for (const effect of step.effects) if (effect.kind === 'push') pushed.push(effect.n)
  }
  tell({ kind: 'queued', last: 2 })
  tell({ kind: 'queued', last: 1 })
  tell({ kind: 'welcome', version: 1, time: 0, now: 0 })
  expect(pushed).toEqual([1, 2])
  tell({ kind: 'queued', last: 4 })
  tell({ kind: 'queued', last: 3 })
  expect(pushed).toEqual([1, 2, 3, 4])
})
