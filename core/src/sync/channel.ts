/** One open connection, as a transport gives it to a session: texts in order, or the end. Transports are dumb. */
export interface Channel {
  /** Drops what cannot be sent any more. */
  send(frame: string): void
  /** `code` as in `REFUSALS`. The other side's `closed` is called; ours is, too. */
  close(code: number, reason: string): void
}

/** What a session does with its channel. */
export interface Receiver {
  receive(frame: string): void
  /** Called once; nothing arrives after it. */
  closed(): void
}
