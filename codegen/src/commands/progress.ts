import { Presets, SingleBar } from 'cli-progress'
import { say } from './terminal.ts'

export interface Progress {
  readonly done: number
  readonly total: number
  /** What is being worked on. */
  readonly name: string
}

export interface ProgressView {
  show(progress: Progress): void
  stop(): void
}

/** A bar in a terminal; elsewhere one line per tenth, so that logs stay readable. */
export function showProgress(what: string, of = 'rows'): ProgressView {
  return process.stderr.isTTY ? bar(what, of) : lines(what, of)
}

function bar(what: string, of: string): ProgressView {
  const format = `${what} [{bar}] {percentage}% | {value}/{total} ${of} | {name}`
  const view = new SingleBar(
    { format, hideCursor: true, stream: process.stderr, etaBuffer: 100 },
    Presets.legacy,
  )
  let started = false
  return {
    show: ({ done, total, name }) => {
      if (!started) view.start(total, 0, { name })
      started = true
      view.update(done, { name })
    },
    stop: () => {
      if (started) view.stop()
    },
  }
}

function lines(what: string, of: string): ProgressView {
  let tenth = -1
  return {
    show: ({ done, total }) => {
      const reached = total ? Math.floor((done / total) * 10) : 10
      if (reached === tenth) return
      tenth = reached
      say(`${what}: ${reached * 10}% (${done} of ${total} ${of})`)
    },
    stop: () => {},
  }
}
