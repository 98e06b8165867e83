/** What a bench was asked for. */
export interface Run {
  /** How often each side is measured. */
  readonly rounds: number
  /** How long one measurement of a rate takes. */
  readonly seconds: number
  /** Whether a case is to be measured. */
  wants(name: string): boolean
  /** Progress, for people. */
  say(text: string): void
}

const closers: (() => Promise<unknown>)[] = []

/** To be ended after the bench, last opened first, also when it fails or is interrupted. */
export function onClose(close: () => Promise<unknown>): void {
  closers.push(close)
}

/** Ends everything that was opened. What fails to end keeps nothing else from ending. */
export async function closeAll(): Promise<void> {
  for (let close = closers.pop(); close; close = closers.pop()) {
    await close().catch(error => process.stderr.write(`While ending: ${error}\n`))
  }
}
