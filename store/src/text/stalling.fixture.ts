import { parentPort } from 'node:worker_threads'
import type { Answer, Job } from './job.ts'

// A thread that opens nothing: it does what the first byte of a job's bytes says.

const port = parentPort
const tell = (answer: Answer): void => port?.postMessage(answer)

port?.on('message', (job: Job) => {
  const { user, system } = process.threadCpuUsage()
  tell({ kind: 'begun', cpu: (user + system) / 1_000 })
  const code = job.kind === 'admit' ? job.update[0] : 0
  // Together two are too much; a text that begins with 1 is, alone.
  if (job.kind === 'read' && (job.sources.length > 1 || job.sources[0]?.state?.[0] === 1)) for (;;);
  if (code === 1) for (;;);
  // Waits for longer than the limit, and computes nothing.
  if (code === 4) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200)
  if (code === 2) process.exit(1)
  if (code === 3) tell({ kind: 'failed', message: 'no' })
  else
    tell({
      kind: 'done',
      result:
        job.kind === 'read'
          ? job.sources.map(() => ({ plain: 'opened', state: Uint8Array.of(0, 0) }))
          : { kind: 'known' },
    })
})
tell({ kind: 'ready' })
