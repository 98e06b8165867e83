import type { Random } from './random.ts'
import type { Scheduler } from './scheduler.ts'

/** How long a node waits (ms) before it takes a silent connection for dead. */
const TIMEOUT = 5_000

/**
 * Connections between nodes, by name: in order within one, as TCP has it, in any order between two. What is on its way
 * when a connection is cut is lost, and neither end knows what the other has got.
 */
export interface Network {
  /** One end of a new connection; it closes soon if the other node does not answer. */
  connect(from: string, to: string): End
  /** Who connects to this node is handed to `accept`; null: the node is down, and all its connections break. */
  listen(node: string, accept: ((end: End) => void) | null): void
  /** Nothing passes between the two for so long. */
  part(one: string, other: string, ms: number): void
  /** Breaks a node's connections. */
  cut(node: string): void
  /** Called for each message that a node sends or gets; 'cut' breaks its connection before it arrives. */
  watch(node: string, judge: () => 'pass' | 'cut'): void
}

export interface End {
  send(message: Message): void
  onMessage(listener: (message: Message) => void): void
  /** Once. */
  onClose(listener: () => void): void
  close(): void
}

/** Whatever the two ends agree on. */
export type Message = { readonly kind: string }

export function createNetwork(scheduler: Scheduler, random: Random): Network {
  const listening = new Map<string, (end: End) => void>()
  const open = new Map<string, Set<() => void>>()
  const parted = new Map<string, number>()
  const judges = new Map<string, () => 'pass' | 'cut'>()
  const links = new Map<string, number>()

  const pair = (one: string, other: string): string => (one < other ? `${one} ${other}` : `${other} ${one}`)
  const blockedFor = (one: string, other: string): number =>
    Math.max(0, (parted.get(pair(one, other)) ?? 0) - scheduler.now())
  const note = (node: string, cut: () => void): void =>
    void own(open, node, () => new Set<() => void>()).add(cut)

  const connect = (from: string, to: string): End => {
    const name = `${from}>${to}`
    const count = (links.get(name) ?? 0) + 1
    links.set(name, count)
    const chance = random.fork(`${name}#${count}`)
    const slow = chance.chance(0.1) ? chance.between(20, 200) : chance.between(0.2, 5)
    const latency = (): number => chance.between(0.1, slow)
    const [here, there] = [createHalf(), createHalf()]
    let broken = false
    let closing = false

    const cut = (): void => {
      if (broken) return
      broken = true
      open.get(from)?.delete(cut)
      open.get(to)?.delete(cut)
      for (const half of [here, there]) scheduler.after(latency(), `${name} closed`, half.closed)
    }
    note(from, cut)
    note(to, cut)

    /** When the last thing arrives that was sent so far. */
    let last = 0
    const sender = (to_: Half, receiver: string) => {
      let arrived = 0
      // Two that arrive at one moment may trade places by a rounding of that moment: what comes is the next one.
      const sent: Message[] = []
      return (message: Message): void => {
        if (broken || closing) return
        const blocked = blockedFor(from, to)
        if (blocked > TIMEOUT) {
          scheduler.after(TIMEOUT, `${name} timeout`, cut)
          return
        }
        arrived = Math.max(arrived, scheduler.now() + blocked + latency())
        last = Math.max(last, arrived)
        sent.push(message)
        scheduler.after(arrived - scheduler.now(), `${name} ${message.kind} at ${receiver}`, () => {
          const next = sent.shift()
          if (broken || !next) return
          const verdicts = [judges.get(from)?.(), judges.get(to)?.()]
          if (verdicts.includes('cut')) cut()
          else to_.message(next)
        })
      }
    }
    /** What was sent before still arrives. */
    const close = (): void => {
      closing = true
      scheduler.after(Math.max(0, last - scheduler.now()), `${name} closes`, cut)
    }
    const nearEnd: End = { ...here.end, send: sender(there, to), close }
    const farEnd: End = { ...there.end, send: sender(here, from), close }
    scheduler.after(latency() + Math.min(blockedFor(from, to), TIMEOUT), `${name} connect`, () => {
      const accept = listening.get(to)
      if (!accept || blockedFor(from, to) > 0) cut()
      else if (!broken) accept(farEnd)
    })
    return nearEnd
  }

  const cutAll = (node: string): void => {
    for (const cut of [...(open.get(node) ?? [])]) cut()
  }

  return {
    connect,
    listen: (node, accept) => {
      if (accept) listening.set(node, accept)
      else {
        listening.delete(node)
        cutAll(node)
      }
    },
    part: (one, other, ms) => void parted.set(pair(one, other), scheduler.now() + ms),
    cut: cutAll,
    watch: (node, judge) => void judges.set(node, judge),
  }
}

interface Half {
  readonly end: Pick<End, 'onMessage' | 'onClose'>
  message(message: Message): void
  closed(): void
}

/** What comes before anybody listens waits. */
function createHalf(): Half {
  const early: Message[] = []
  let onMessage: ((message: Message) => void) | null = null
  let onClose: (() => void) | null = null
  let over = false
  return {
    end: {
      onMessage: listener => {
        onMessage = listener
        // The first may hand the others over to another listener.
        for (let message = early.shift(); message; message = early.shift()) onMessage?.(message)
      },
      onClose: listener => {
        onClose = listener
        if (over) listener()
      },
    },
    message: message => {
      if (over) return
      if (onMessage) onMessage(message)
      else early.push(message)
    },
    closed: () => {
      if (over) return
      over = true
      onClose?.()
    },
  }
}

function own<V>(map: Map<string, V>, key: string, make: () => V): V {
  const known = map.get(key) ?? make()
  map.set(key, known)
  return known
}
