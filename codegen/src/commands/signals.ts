import { say } from './terminal.ts'

/** Ctrl+C under `npm start` arrives twice, from the terminal and from npm. Only a later one means "at once". */
const ECHO = 1_000

/**
 * Resolves when the process is asked to stop (Ctrl+C, SIGTERM). Asked again while it is still closing, it stops at
 * once: the database survives that, it is what its log is for.
 */
export function stopSignal(): { readonly signal: AbortSignal; readonly stopped: Promise<void> } {
  const stop = new AbortController()
  let asked = 0
  const stopped = new Promise<void>(resolve => {
    const onSignal = () => {
      if (stop.signal.aborted) {
        if (performance.now() - asked > ECHO) process.exit(130)
        return
      }
      asked = performance.now()
      stop.abort()
      say('\nStopping...')
      resolve()
    }
    process.on('SIGINT', onSignal)
    process.on('SIGTERM', onSignal)
  })
  return { signal: stop.signal, stopped }
}
