import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll } from 'vitest'

// Runs the command as people do: as a process of its own.

const ZG = fileURLToPath(new URL('./zg.ts', import.meta.url))
const started = new Set<ChildProcess>()
const folders: string[] = []

afterAll(async () => {
  const exits = [...started].map(child => {
    const exit = once(child, 'close')
    child.kill('SIGKILL')
    return exit
  })
  await Promise.all(exits)
  await Promise.all(folders.map(folder => rm(folder, { recursive: true, force: true })))
})

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Running {
  readonly child: ChildProcess
  /** Resolves once what was printed so far, to either stream, matches; rejects if the process ends before. */
  until(pattern: RegExp): Promise<RegExpExecArray>
  readonly ended: Promise<Ended>
}

export interface Surroundings {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
}

export function start(args: readonly string[], { cwd, env = {} }: Surroundings = {}): Running {
  const { DATABASE_URL: _database, FORCE_COLOR: _color, ...inherited } = process.env
  const child = spawn(process.execPath, ['--conditions=@zg/source', ZG, ...args], {
    env: { ...inherited, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(cwd && { cwd }),
  })
  started.add(child)
  const output = { stdout: '', stderr: '', all: '' }
  const waiting = new Set<() => void>()
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] += text
      output.all += text
      for (const look of waiting) look()
    })
  }
  const ended = once(child, 'close').then(([code]): Ended => {
    started.delete(child)
    return { code, stdout: output.stdout, stderr: output.stderr }
  })
  return {
    child,
    ended,
    until: pattern =>
      new Promise((resolve, reject) => {
        const look = () => {
          const match = pattern.exec(output.all)
          if (!match) return
          waiting.delete(look)
          // What was found is not found again.
          output.all = output.all.slice(match.index + match[0].length)
          resolve(match)
        }
        waiting.add(look)
        void ended.then(({ code }) =>
          reject(new Error(`zg ended with ${code} before ${pattern}:\n${output.all}`)),
        )
        look()
      }),
  }
}

/** Runs to the end. */
export function zg(args: readonly string[], surroundings?: Surroundings): Promise<Ended> {
  return start(args, surroundings).ended
}

/** A folder of its own with these files, removed after the tests. */
export async function projectFolder(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'zg-project-'))
  folders.push(folder)
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), text)
  }
  return folder
}

/** Starts `zg dev` or `zg start` on a free port and waits until it serves. */
export async function serve(
  args: readonly string[],
  surroundings: Surroundings = {},
): Promise<Running & { readonly url: string }> {
  const running = start(args, { ...surroundings, env: { PORT: '0', ...surroundings.env } })
  const [, url = ''] = await running.until(/(http:\/\/localhost:\d+)\/graphql[\s\S]*curl .*\n/)
  return { ...running, url }
}

/** Asks the first server with GraphQL; gives `data`, or throws with the errors. */
export async function graphql(url: string, query: string): Promise<any> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
  })
  const { data, errors } = (await response.json()) as { data?: unknown; errors?: unknown }
  if (errors) throw new Error(JSON.stringify(errors))
  return data
}

/** Films, with more lines among the fields. */
export function filmSchema(...fields: readonly string[]): string {
  return `import { entity, f, model } from '@zg/schema-builder'
const Film = entity({ id: f.id({ key: 'title' }), title: f.string().once(), ${fields.join(', ')} })
export default model({ open: true, entities: { Film } }).define()
`
}

/** A mapping file and its rows, for filmSchema. */
export const filmMapping = {
  'films.mapping.json': JSON.stringify({
    format: 1,
    sources: { films: { file: 'films.csv' } },
    rules: [{ entity: 'Film', from: 'films', fields: { title: 'Title' } }],
  }),
  'films.csv': 'Title\nAlien\nBrazil\nContact\n',
}
