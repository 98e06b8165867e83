import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { onClose } from './run.ts'

/** A process of ours that is measured or measures, in production mode. */
export interface Worker {
  /** What it said when it was ready. */
  readonly ready: unknown
  /** Sends a message and resolves with the answer. One at a time. */
  ask(message: unknown): Promise<unknown>
  end(): Promise<void>
}

/** Starts `bench/src/<file>` with a JSON argument and waits for its first message. It ends with the bench. */
export async function startWorker(file: string, argument: object): Promise<Worker> {
  const child = fork(join(import.meta.dirname, file), [JSON.stringify(argument)], {
    execArgv: ['--conditions=@zg/source', ...(process.env.BENCH_NODE_OPTIONS?.split(' ') ?? [])],
    env: { ...process.env, NODE_ENV: 'production', GRAPHILE_ENV: 'production' },
    stdio: ['ignore', process.stderr, process.stderr, 'ipc'],
  })
  const end = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    child.disconnect()
    const timer = setTimeout(() => child.kill('SIGKILL'), 5_000)
    await gone
    clearTimeout(timer)
  }
  onClose(end)
  const ready = await message(child, file)
  return {
    ready,
    ask: async question => {
      const answer = message(child, file)
      child.send(question as string | object)
      return answer
    },
    end,
  }
}

function message(child: ChildProcess, file: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null) => reject(new Error(`${file} ended (${code}) instead of answering`))
    child.once('exit', onExit)
    child.once('message', answer => {
      child.off('exit', onExit)
      resolve(answer)
    })
  })
}
