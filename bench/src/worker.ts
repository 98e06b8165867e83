// The other side of process.ts, for the files that run as processes of their own.

/** The argument that the bench gave. */
export function argument<T>(): T {
  return JSON.parse(process.argv[2] ?? '{}') as T
}

/** A message that every worker answers: the milliseconds of CPU it has used. */
export const CPU = 'cpu'

/** Says that it is ready, then answers each message. Ends the process when the bench is gone. */
export function serve(ready: unknown, answer?: (message: never) => Promise<unknown>): void {
  process.on('message', message => {
    if (message === CPU) {
      const { user, system } = process.cpuUsage()
      return process.send?.((user + system) / 1_000)
    }
    if (!answer) return
    answer(message as never).then(
      value => process.send?.(value ?? null),
      error => {
        console.error(error)
        process.exit(1)
      },
    )
  })
  process.on('disconnect', () => process.exit(0))
  process.send?.(ready)
}
