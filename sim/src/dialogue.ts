import type { Life } from './life.ts'
import type { End, Network } from './network.ts'
import type { Random } from './random.ts'
import type { Answer, Request } from './wire.ts'

/** Whoever has waited so long (ms) for an answer asks again on another connection. */
const TIMEOUT = 3_000

/** Questions and answers over one connection at a time, to any gateway. */
export interface Dialogue {
  /** Resolves with the answer; with `lost` when the connection broke or the answer did not come. */
  ask(request: Request & { readonly call: string }): Promise<Answer | { readonly kind: 'lost' }>
}

export interface DialogueOptions {
  readonly name: string
  readonly life: Life
  readonly network: Network
  readonly gateways: readonly string[]
  readonly chance: Random
  readonly doubled: ReadonlySet<number>
}

export function createDialogue(options: DialogueOptions): Dialogue {
  const { name, life, network, gateways, chance, doubled } = options
  const waiting = new Map<string, (answer: Answer | { readonly kind: 'lost' }) => void>()
  let end: End | null = null
  let sent = 0

  const connect = (): End => {
    const fresh = network.connect(name, chance.pick(gateways))
    fresh.onMessage(message => {
      const answer = message as Answer
      if (life.over || !('call' in answer)) return
      waiting.get(answer.call)?.(answer)
      waiting.delete(answer.call)
    })
    fresh.onClose(() => {
      if (life.over || end !== fresh) return
      end = null
      const left = [...waiting.values()]
      waiting.clear()
      for (const answer of left) answer({ kind: 'lost' })
    })
    return fresh
  }

  return {
    ask: request =>
      new Promise(resolve => {
        end ??= connect()
        const used = end
        const cancel = life.after(TIMEOUT, `${name} timeout`, () => used.close())
        waiting.set(request.call, answer => {
          cancel()
          resolve(answer)
        })
        used.send(request)
        // A proxy that lost its connection to one gateway sends to another what may be sent again.
        const repeatable = request.kind !== 'commit' || request.mutation.mutationId !== undefined
        if (doubled.has(++sent) && repeatable) network.connect(name, chance.pick(gateways)).send(request)
      }),
  }
}
