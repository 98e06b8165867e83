import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { createCutter, createStatements, doneTag, type Message } from './wire.ts'

/** One client's connection through the proxy. */
export interface Link {
  /** How its current or last transaction was begun. */
  readonly begun: string
  /** Resets both ends, as when a machine is gone. */
  reset(): void
  /**
   * Says the end to the client and goes on listening, as when a server process has closed its side: what the client
   * had sent behind is heard and not heeded.
   */
  halfClose(): void
  /** Nothing passes any more, in either direction, and nobody is told. */
  stall(): void
}

/** A message on its way. */
export interface Passing {
  readonly from: 'client' | 'server'
  /** Of a client: the statement that this message runs. Of the server: what it says is done. Else null. */
  readonly text: string | null
  readonly link: Link
}

/** What a Postgres client uses in place of its server, in this process, so that a test breaks what lies between. */
export interface FaultyProxy {
  readonly url: string
  readonly links: ReadonlySet<Link>
  /** Connections accepted so far. */
  readonly accepted: number
  /** New connections are reset at once, as long as this is true. */
  refusing: boolean
  /** ms that every message takes on its way, in each direction; they stay in order. */
  delay: number
  /** Nothing passes on new connections either, as long as this is true. */
  stalling: boolean
  /** The next message for which this holds is swallowed, and `fault` done to its link. Resolves then. */
  meet(which: (passing: Passing) => boolean, fault: (link: Link) => void): Promise<void>
  close(): Promise<void>
}

interface Trap {
  readonly which: (passing: Passing) => boolean
  readonly fault: (link: Link) => void
  readonly sprung: () => void
}

/** `url`: of the server behind. */
export async function startProxy(url: string): Promise<FaultyProxy> {
  const target = new URL(url)
  const links = new Set<Link>()
  const traps = new Set<Trap>()
  const sprung = (passing: Passing): boolean => {
    for (const trap of traps) {
      if (!trap.which(passing)) continue
      traps.delete(trap)
      trap.fault(passing.link)
      trap.sprung()
      return true
    }
    return false
  }
  const state = { refusing: false, delay: 0, stalling: false, accepted: 0 }
  const server = createServer(client => {
    state.accepted++
    client.on('error', () => {})
    if (state.refusing) return client.resetAndDestroy()
    const link = join(client, connect(Number(target.port), target.hostname), state, sprung)
    links.add(link)
    client.once('close', () => links.delete(link))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const own = new URL(url)
  own.host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return Object.assign(state, {
    url: own.href,
    links,
    meet: (which: Trap['which'], fault: Trap['fault']) =>
      new Promise<void>(resolve => {
        traps.add({ which, fault, sprung: resolve })
      }),
    close: async () => {
      const closed = new Promise(resolve => server.close(resolve))
      for (const link of links) link.reset()
      await closed
    },
  })
}

/** Passes messages on in order, both ways, until one end is gone. */
function join(
  client: Socket,
  server: Socket,
  state: { readonly delay: number; readonly stalling: boolean },
  sprung: (passing: Passing) => boolean,
): Link {
  const statements = createStatements()
  let begun = ''
  let stalled = false
  let ended = false
  const link: Link = {
    get begun() {
      return begun
    },
    reset: () => {
      client.resetAndDestroy()
      server.resetAndDestroy()
    },
    halfClose: () => {
      ended = true
      client.end()
    },
    stall: () => {
      stalled = true
    },
  }
  const textOf = (from: Passing['from'], message: Message): string | null => {
    if (from === 'server') return doneTag(message)
    const text = statements(message)
    if (text !== null && /^\s*begin\b/i.test(text)) begun = text
    return text
  }
  const pipe = (from: Passing['from'], source: Socket, target: Socket): void => {
    const cut = createCutter({ opening: from === 'client' })
    const later = createLine(() => state.delay)
    source.setNoDelay(true)
    source.on('data', (chunk: Buffer) => {
      for (const message of cut(chunk)) {
        if (sprung({ from, text: textOf(from, message), link })) continue
        if (ended && from === 'client') continue
        if (!stalled && !state.stalling) later(() => target.writable && target.write(message.bytes))
      }
    })
    source.on('end', () => !stalled && !state.stalling && later(() => target.end()))
    source.on('error', () => {})
    source.on('close', () => {
      // Whoever was cut off without a word hears of nothing.
      if (!stalled && !state.stalling) later(() => target.destroy())
    })
  }
  pipe('client', client, server)
  pipe('server', server, client)
  return link
}

/** Sends in order, each after the delay of its time. */
function createLine(delay: () => number): (send: () => void) => void {
  const line: { readonly due: number; readonly send: () => void }[] = []
  const arm = (): void => {
    const [first] = line
    if (!first) return
    setTimeout(
      () => {
        // The first of them is due, whatever the clock says of a millisecond more or less.
        do line.shift()?.send()
        while (line[0] && line[0].due <= performance.now())
        arm()
      },
      Math.max(1, first.due - performance.now()),
    )
  }
  return send => {
    const ms = delay()
    if (ms === 0 && line.length === 0) return send()
    line.push({ due: performance.now() + ms, send })
    if (line.length === 1) arm()
  }
}
