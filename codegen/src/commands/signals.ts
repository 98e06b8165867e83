import { say } from './terminal.ts'

/**
 * Resolves when the process is asked to stop (Ctrl+C, SIGTERM). Asked a second time while it is still closing, it
 * stops at once: the database survives that, it is what the log is for.
 */
export function stopSignal(): { readonly signal: AbortSignal; readonly stopped: Promise<void> } {
  const stop = new AbortController()
  const stopped = new Promise<void>(resolve => {
    const onSignal = () => {
      if (stop.signal.aborted) process.exit(130)
      stop.abort()
      say('\nStopping...')
      resolve()
    }
    process.on('SIGINT', onSignal)
    process.on('SIGTERM', onSignal)
  })
  return { signal: stop.signal, stopped }
}
