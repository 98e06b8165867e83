import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { endless, type Tally } from './trial.ts'

/** Tries seeds one after the other, beside us: who never comes to an end there can be stopped from here. */
export interface Thread {
  /** Rejects when the simulator itself fails. */
  try(seed: number): Promise<Tally>
  end(): Promise<void>
}

export interface ThreadOptions {
  /** Says something once it is there, then is sent seeds and answers with tallies. */
  readonly worker: URL
  /** Milliseconds of the thread's own time that a seed may take, however busy the machine is. */
  readonly patience: number
  /** How often (ms) somebody looks. */
  readonly glance: number
}

/** A history takes 10 ms. */
const USUAL: ThreadOptions = {
  worker: new URL('./worker.ts', import.meta.url),
  patience: 5_000,
  glance: 500,
}

export function createThread(options: ThreadOptions = USUAL): Thread {
  let worker: Worker | null = null

  const begin = async (): Promise<Worker> => {
    worker = new Worker(options.worker)
    await once(worker, 'message')
    return worker
  }
  const end = async (): Promise<void> => {
    const ended = worker
    worker = null
    await ended?.terminate()
  }

  return {
    try: async seed => {
      const own = worker ?? (await begin())
      const answered = new AbortController()
      const answer = once(own, 'message', answered)
      own.postMessage(seed)
      const late = watched(own, options, answered.signal)
      try {
        const told = await Promise.race([answer, late])
        if (told !== 'late') return told[0] as Tally
      } finally {
        answered.abort()
        await answer.catch(() => {})
      }
      await end()
      return endless(seed)
    },
    end,
  }
}

/**
 * Resolves once the thread has worked too long; never, if that is called off. A loop of promises lets no timer of its own
 * thread happen, nor does one that waits for nothing, so it is another thread that looks.
 */
function watched(worker: Worker, { patience, glance }: ThreadOptions, off: AbortSignal): Promise<'late'> {
  let began: number | null = null
  return new Promise((resolve, reject) => {
    const look = async (): Promise<void> => {
      const { user, system } = await worker.cpuUsage()
      const worked = (user + system) / 1_000
      began ??= worked
      if (worked - began > patience) resolve('late')
    }
    const timer = setInterval(() => look().catch(reject), glance)
    off.addEventListener('abort', () => clearInterval(timer))
  })
}
