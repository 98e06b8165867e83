/** What the writer and the feed take from the machine; a simulator passes its own. */
export interface Host {
  /** Milliseconds since 1970. */
  now(): number
  /** Resolves after about `ms`; early, without error, when the signal aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /**
   * Lets timers and sockets have their turn. PGlite resolves in microtasks only, so a loop of awaited queries
   * would starve them for ever; a server database needs nothing here.
   */
  breathe(): Promise<void>
}
