import { parentPort } from 'node:worker_threads'
import { admitText, reviseText } from '@zg/core/change/text'
import { readable } from '@zg/core/memory/textWork'
import type { Answer, Job } from './job.ts'

/*
 * The thread that opens documents. It keeps nothing between jobs, so the pool may end it at any moment. Time counts from
 * 'begun', when the job has really reached this thread.
 */

const port = parentPort
if (!port) throw new Error('This module runs in a worker thread')

const tell = (answer: Answer): void => port.postMessage(answer)

port.on('message', (job: Job) => {
  const { user, system } = process.threadCpuUsage?.() ?? { user: 0, system: 0 }
  tell({ kind: 'begun', cpu: (user + system) / 1_000 })
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
      return admitText(job.source, job.update)
    case 'revise':
      return reviseText(job.source, job.value, job.client)
  }
}
