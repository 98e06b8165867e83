import { parentPort } from 'node:worker_threads'
import type { Admission } from '@zg/core/change/kinds/text'
import { reviseText } from '@zg/core/change/text'
import { readable } from '@zg/core/memory/textWork'
import { createDesk } from './desk.ts'
import type { Answer, Job } from './job.ts'

/*
 * The thread that opens documents. What it keeps between jobs only saves time, so it may be ended at any moment. Time
 * counts from 'begun', when the job has really reached this thread, and again when what is to be judged lies open.
 */

const port = parentPort
if (!port) throw new Error('This module runs in a worker thread')

const tell = (answer: Answer): void => port.postMessage(answer)

const desk = createDesk()

const begin = (part: 'open' | 'judge'): void => {
  const { user, system } = process.threadCpuUsage?.() ?? { user: 0, system: 0 }
  tell({ kind: 'begun', part, cpu: (user + system) / 1_000 })
}

port.on('message', (job: Job) => {
  begin('open')
  try {
    tell({ kind: 'done', result: perform(job) })
  } catch (error) {
    tell({ kind: 'failed', message: error instanceof Error ? error.message : String(error) })
  }
})
tell({ kind: 'ready' })

function perform(job: Job): unknown {
  switch (job.kind) {
    case 'read':
      return job.sources.map(readable)
    case 'admit':
      return admit(job)
    case 'revise':
      return reviseText(job.source, job.value, job.client)
  }
}

/** Null: the text does not lie open here. */
function admit({ placed, updates, plain }: Extract<Job, { kind: 'admit' }>): readonly Admission[] | null {
  const judge = desk.lay(placed)
  if (!judge) return null
  begin('judge')
  return judge(updates, plain)
}
