import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))

/** Starts a tool of node_modules/.bin, also when no npm script put that on the PATH. */
function start(command: string, args: readonly string[], options: SpawnOptions = {}): ChildProcess {
  const cwd = options.cwd ?? root
  const env = { ...process.env, ...options.env }
  env.PATH = [join(String(cwd), 'node_modules', '.bin'), env.PATH].join(delimiter)
  return spawn(command, args, { ...options, cwd, env, shell: process.platform === 'win32' })
}

/** Runs it to its end and shows what it prints. Resolves with the exit code. */
export async function run(
  command: string,
  args: readonly string[],
  options: SpawnOptions = {},
): Promise<number> {
  const [code] = await once(start(command, args, { stdio: 'inherit', ...options }), 'close')
  return code ?? 1
}

/** Runs it to its end and keeps what it prints. */
export async function capture(
  command: string,
  args: readonly string[],
  options: SpawnOptions = {},
): Promise<{ readonly code: number; readonly output: string }> {
  const child = start(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  }
  const [code] = await once(child, 'close')
  return { code: code ?? 1, output }
}
