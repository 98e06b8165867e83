import type { Position, Scope, Shape } from '@zg/core'
import type { Call, Told } from './history.ts'
import type { Life } from './life.ts'
import type { Network } from './network.ts'
import type { Random } from './random.ts'
import type { Answer, Request } from './wire.ts'

/** What a client follows, and how far it has come: this it keeps. */
export type StreamPlan = { readonly call: string; readonly positions: Position[] } & (
  | { readonly kind: 'follow'; readonly shape: Shape }
  | { readonly kind: 'watch'; readonly entity: string }
)

/** A stream that is taken up again wherever it breaks, at any gateway, at any position that it has reached. */
export interface Stream {
  /** How far in its tenant's log it has come. */
  readonly reached: number
}

export interface StreamOptions {
  readonly plan: StreamPlan
  readonly call: Call
  readonly scope: Scope
  readonly life: Life
  readonly network: Network
  readonly gateways: readonly string[]
  readonly chance: Random
  /** A number that no other stream has. */
  readonly number: () => number
  readonly record: (moment: Told) => void
}

export function createStream(options: StreamOptions): Stream {
  const { plan, call, scope, life, network, gateways, chance, record } = options
  let reached = 0

  const open = (): void => {
    const end = network.connect(call.client, chance.pick(gateways))
    const stream = options.number()
    const ask = (): Request => {
      if (plan.kind === 'watch') return { kind: 'watch', scope, entity: plan.entity }
      // Whoever keeps what he has only now and then takes up at a position long past.
      const since = plan.positions[Math.max(0, plan.positions.length - 1 - chance.below(3))] as Position
      reached = since.seqs[scope.tenant] ?? 0
      record({ kind: 'following', ...call, stream, shape: plan.shape, since })
      return { kind: 'follow', scope, shape: plan.shape, since }
    }
    const request = ask()
    if (plan.kind === 'watch') record({ kind: 'watching', ...call, stream })
    end.onMessage(message => !life.over && take(message as Answer, stream))
    end.onClose(
      () => !life.over && void life.after(chance.between(1, 300), `${call.client} follows again`, open),
    )
    end.send(request)
  }

  const come = (position: Position): void => {
    reached = position.seqs[scope.tenant] ?? 0
    plan.positions.push(position)
  }

  const take = (answer: Answer, stream: number): void => {
    if (answer.kind === 'batch') {
      come(answer.batch.position)
      record({ kind: 'batch', ...call, stream, batch: answer.batch })
    } else if (answer.kind === 'result' && plan.kind === 'watch') {
      come(answer.picture.position)
      record({ kind: 'result', ...call, stream, entity: plan.entity, picture: answer.picture })
    } else if (answer.kind === 'progress') come(answer.position)
    else if (answer.kind === 'refused') record({ kind: 'refused', ...call, error: answer.error })
  }

  open()
  return {
    get reached() {
      return reached
    },
  }
}
