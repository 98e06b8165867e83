import { parentPort } from 'node:worker_threads'
import type { Answer, Job } from './job.ts'

// A thread that opens nothing: it does what the first byte of a job's bytes says.

const port = parentPort
const tell = (answer: Answer): void => port?.postMessage(answer)

function begin(part: 'open' | 'judge'): void {
  const { user, system } = process.threadCpuUsage()
  tell({ kind: 'begun', part, cpu: (user + system) / 1_000 })
}

port?.on('message', (job: Job) => {
  const code = job.kind === 'admit' ? job.updates[0]?.[0] : 0
  begin(job.kind === 'admit' && code !== 5 ? 'judge' : 'open')
  // Together two are too much; a text that begins with 1 is, alone.
  if (job.kind === 'read' && (job.sources.length > 1 || job.sources[0]?.state?.[0] === 1)) for (;;);
  if (code === 1) for (;;);
  // Computes for longer than the limit before it judges, as opening a long text does.
  if (code === 5) {
    for (const end = performance.now() + 200; performance.now() < end; );
    begin('judge')
  }
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
          : [{ kind: 'known', among: [] }],
    })
})
tell({ kind: 'ready' })
