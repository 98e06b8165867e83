// As much of the Postgres protocol (version 3) as a proxy needs to tell what passes through it.

/** One message. `type` is its letter; '' is what a client opens with: a startup or a cancel request. */
export interface Message {
  readonly type: string
  readonly bytes: Buffer
}

/** Cuts a stream of bytes into messages; what is incomplete waits for the rest. */
export function createCutter({ opening }: { readonly opening: boolean }): (chunk: Buffer) => Message[] {
  let rest = Buffer.alloc(0)
  let first = opening
  return chunk => {
    rest = Buffer.concat([rest, chunk])
    const messages: Message[] = []
    for (;;) {
      const header = first ? 0 : 1
      if (rest.length < header + 4) return messages
      const end = header + rest.readInt32BE(header)
      if (rest.length < end) return messages
      messages.push({ type: first ? '' : rest.toString('latin1', 0, 1), bytes: rest.subarray(0, end) })
      rest = rest.subarray(end)
      first = false
    }
  }
}

/**
 * Follows one client's messages. Answers the text of the statement that a message runs: at once (`Q`), or prepared
 * (`P`), bound (`B`) and executed (`E`), maybe long after. Null: it runs nothing.
 */
export function createStatements(): (message: Message) => string | null {
  const prepared = new Map<string, string>()
  const portals = new Map<string, string>()
  return ({ type, bytes }) => {
    const [one = '', other = ''] = bytes.toString('utf8', 5).split('\0', 2)
    if (type === 'Q') return one
    if (type === 'P') prepared.set(one, other)
    if (type === 'B') portals.set(one, prepared.get(other) ?? '')
    return type === 'E' ? (portals.get(one) ?? '') : null
  }
}

/** What the server says is done: `COMMIT`, `INSERT 0 1`. Null: the message says something else. */
export function doneTag({ type, bytes }: Message): string | null {
  return type === 'C' ? bytes.toString('utf8', 5, bytes.length - 1) : null
}
