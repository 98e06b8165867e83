import { Worker } from 'node:worker_threads'
import { type Admission, type TextContent, type TextSource, textBytes } from '@zg/core/change/kinds/text'
import type { AdmitRequest, TextWork } from '@zg/core/ports/textWork'
import type { Answer, Job } from './job.ts'

/** So many texts are remembered as lying open. */
const OPEN = 64
/** However busy the machine: a job may take so many times its limit by the clock on the wall. */
const PATIENCE = 20

export interface ThreadOptions {
  /** What judging a stranger's update may compute, in ms. */
  readonly admitLimit?: number
  /** What opening admitted texts, or comparing two, may compute, in ms. */
  readonly readLimit?: number
  /** The module of the thread, for tests. */
  readonly module?: URL
}

/** A text took too long to open. */
export class TextTimeout extends Error {
  readonly limit: number
  constructor(limit: number) {
    super(`A text took longer than ${limit} ms to open`)
    this.name = 'TextTimeout'
    this.limit = limit
  }
}

type Limits = { readonly [part in Begun['part']]: number }
type Begun = Extract<Answer, { readonly kind: 'begun' }>

/** A job on its way, and who waits for it. */
interface Waiting {
  readonly job: Job
  readonly limits: Limits
  resolve(result: unknown): void
  reject(error: unknown): void
}

/**
 * Opens texts in a thread of its own, one job after the other. A job beyond its time ends the thread and is refused; the
 * next one gets a new thread, so whoever stalls it costs himself only. The thread starts with the first job: a
 * model without texts never pays for it.
 */
export function textThread(options: ThreadOptions = {}): TextWork {
  const { admitLimit = 50, readLimit = 2_000, module = MODULE } = options
  const queue: Waiting[] = []
  /** Up to which `seq` the thread may have texts open; it knows better. */
  const open = new Map<string, number>()
  let thread: { readonly worker: Worker; ready: boolean } | null = null
  let current: Waiting | null = null
  let watched: Begun | null = null
  let timer: NodeJS.Timeout | undefined
  let closed = false

  const next = (): void => {
    if (current || closed || queue.length === 0) return
    thread ??= start()
    if (!thread.ready) return
    current = queue.shift() ?? null
    if (!current) return
    thread.worker.ref()
    thread.worker.postMessage(current.job)
  }

  const settle = (deliver: (job: Waiting) => void): void => {
    clearTimeout(timer)
    const settled = current
    current = null
    // An idle thread keeps no process alive.
    thread?.worker.unref()
    if (settled) deliver(settled)
    next()
  }

  const start = () => {
    const worker = new Worker(module)
    const own = { worker, ready: false }
    worker.on('message', (answer: Answer) => {
      if (thread !== own) return
      if (answer.kind === 'ready') {
        own.ready = true
        worker.unref()
        next()
      } else if (answer.kind === 'begun') watch(own, current, answer)
      else if (answer.kind === 'done') settle(job => job.resolve(answer.result))
      else settle(job => job.reject(new Error(answer.message)))
    })
    worker.on('error', error => drop(own, error))
    worker.on('exit', () => drop(own, new Error('The thread that opens texts has ended')))
    return own
  }

  /**
   * Ends the thread once the job has computed for as long as it may. Time on the wall alone says little: on a busy
   * machine an honest update may wait that long for its turn.
   */
  const watch = (own: NonNullable<typeof thread>, job: Waiting | null, begun: Begun): void => {
    clearTimeout(timer)
    if (!job) return
    watched = begun
    const limit = job.limits[begun.part]
    const late = performance.now() + limit * PATIENCE
    const over = () => current !== job || watched !== begun
    const expire = () => over() || drop(own, new TextTimeout(limit))
    const look = async (): Promise<void> => {
      const hard = setTimeout(expire, Math.max(0, late - performance.now()))
      const used = await cpuOf(own.worker)
      clearTimeout(hard)
      if (over()) return
      const left = used === null ? 0 : limit - (used - begun.cpu)
      if (left <= 0 || performance.now() >= late) expire()
      else timer = setTimeout(look, Math.ceil(left))
    }
    timer = setTimeout(look, limit)
  }

  /** Whatever ends the thread takes the present job with it; if it never got ready, all of them. */
  const drop = (own: typeof thread, error: unknown): void => {
    if (thread !== own || own === null) return
    thread = null
    open.clear()
    void own.worker.terminate()
    if (!own.ready) for (const job of queue.splice(0)) job.reject(error)
    settle(job => job.reject(error))
  }

  const run = (job: Job, limits: Limits = { open: readLimit, judge: readLimit }): Promise<unknown> =>
    new Promise((resolve, reject) => {
      if (closed) return reject(new Error('The thread that opens texts is closed'))
      queue.push({ job, limits, resolve, reject })
      next()
    })

  /** Of texts that take too long together, each gets the time for itself; who takes too long alone is not opened. */
  const readPart = async (sources: readonly TextSource[]): Promise<readonly (TextContent | null)[]> => {
    try {
      return (await run({ kind: 'read', sources })) as readonly (TextContent | null)[]
    } catch (error) {
      if (!(error instanceof TextTimeout)) throw error
      if (sources.length === 1) return [null]
      const contents: (TextContent | null)[] = []
      for (const source of sources) contents.push(...(await readPart([source])))
      return contents
    }
  }

  /** Null: the thread does not have the text open there. */
  const admitAt = async (
    { text, updates, plain, load }: AdmitRequest,
    after: number | null,
  ): Promise<readonly Admission[] | null> => {
    const { source, seq } = await load(after)
    const placed = { text, after, seq, source }
    const limits = { open: readLimit, judge: admitLimit + updates.length - 1 }
    const admissions = (await run({ kind: 'admit', placed, updates, plain }, limits)) as
      | readonly Admission[]
      | null
    if (text === null) return admissions
    open.delete(text)
    if (admissions) open.set(text, Math.max(seq, after ?? 0))
    const [oldest] = open.keys()
    if (open.size > OPEN && oldest !== undefined) open.delete(oldest)
    return admissions
  }

  return {
    read: async sources => {
      const contents: (TextContent | null)[] = []
      for (const part of parts(sources)) contents.push(...(await readPart(part)))
      return contents
    },
    admit: async request => {
      const { text, updates } = request
      const known = text === null ? undefined : open.get(text)
      try {
        const admissions =
          (known === undefined ? null : await admitAt(request, known)) ?? (await admitAt(request, null))
        if (admissions) return admissions
        throw new Error('A text that was laid open is not')
      } catch (error) {
        if (!(error instanceof TextTimeout)) throw error
        const why = `takes longer than ${error.limit} ms to read`
        return updates.map(() => ({ kind: 'refused', why }))
      }
    },
    revise: async (source, value, client) =>
      (await run({ kind: 'revise', source, value, client })) as Uint8Array | null,
    close: async () => {
      closed = true
      const error = new Error('The thread that opens texts is closed')
      for (const job of queue.splice(0)) job.reject(error)
      const last = thread
      thread = null
      settle(job => job.reject(error))
      await last?.worker.terminate()
    },
  }
}

/** So many texts in one job at most, and so many bytes: no job holds up the others for long. */
const PART = { texts: 50, bytes: 2 ** 20 }

function* parts(sources: readonly TextSource[]): Generator<readonly TextSource[]> {
  let part: TextSource[] = []
  let bytes = 0
  for (const source of sources) {
    const size = textBytes(source)
    if (part.length === PART.texts || (part.length > 0 && bytes + size > PART.bytes)) {
      yield part
      part = []
      bytes = 0
    }
    part.push(source)
    bytes += size
  }
  if (part.length) yield part
}

/** What a thread has computed so far, in ms; null if it cannot be told. Answers even while the thread is stuck. */
async function cpuOf(worker: Worker): Promise<number | null> {
  try {
    const { user, system } = await worker.cpuUsage()
    return (user + system) / 1_000
  } catch {
    return null
  }
}

/** Beside this module, whether that is source or built. */
const MODULE = new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url)
