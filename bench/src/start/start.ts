import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { home } from '../install.ts'
import { judge, type Line } from '../line.ts'
import { cache } from '../postgres.ts'
import { median } from '../rounds.ts'
import { onClose, type Run } from '../run.ts'

const root = join(home, '..')
const QUERY = '{ movies(first: 1) { nodes { title } } }'

/** From the start of the process to the answer to a query: the films again, and a project nobody has started before. */
export async function* start(run: Run): AsyncIterable<Line> {
  const name = ['second start, 3,201 films', 'new empty database'] as const
  if (run.wants(name[0])) {
    const folder = project('movies')
    run.say('  loading the films, once')
    await answered(folder)
    yield await measure(run, name[0], 2_000, async () => {
      const { ms, answer } = await answered(folder)
      if (!/"title":"[^"]/.test(answer)) throw new Error(`Not timed: no film in ${answer}`)
      return ms
    })
  }
  if (run.wants(name[1])) {
    yield await measure(run, name[1], 3_000, async () => {
      const folder = project('empty')
      // Without its package.json the project has no data to load.
      rmSync(join(folder, 'package.json'))
      const { ms, answer } = await answered(folder)
      if (answer !== '{"data":{"movies":{"nodes":[]}}}') throw new Error(`Not timed: not empty, ${answer}`)
      rmSync(folder, { recursive: true })
      return ms
    })
  }
}

/** One start more than rounds: the first may fill caches. */
async function measure(run: Run, name: string, goal: number, once: () => Promise<number>): Promise<Line> {
  const all: number[] = []
  for (let round = -1; round < run.rounds; round++) {
    const ms = await once()
    run.say(`  ${name}, ${round < 0 ? 'first' : `round ${round + 1} of ${run.rounds}`}: ${Math.round(ms)} ms`)
    if (round >= 0) all.push(ms)
  }
  return judge({ bench: 'start', case: name, metric: 'ms', ours: median(all), reference: null, goal })
}

/** A copy of the example, below the repository, where its packages are found. */
function project(name: string): string {
  mkdirSync(cache, { recursive: true })
  const folder = mkdtempSync(join(cache, `start-${name}-`))
  onClose(async () => rmSync(folder, { recursive: true, force: true }))
  cpSync(join(root, 'examples/movies'), folder, {
    recursive: true,
    filter: path => !/[/\\](\.zg|generated|node_modules|.*\.test\.ts)$/.test(path),
  })
  return folder
}

/** Starts what `npm start` starts, asks, and ends it in order. */
async function answered(folder: string): Promise<{ readonly ms: number; readonly answer: string }> {
  const begin = performance.now()
  const child = spawn(
    process.execPath,
    ['--conditions=@zg/source', 'codegen/src/commands/zg.ts', 'dev', folder],
    {
      cwd: root,
      env: { ...process.env, NO_COLOR: '1', PORT: '0' },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  const end = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    child.kill('SIGTERM')
    await gone
  }
  onClose(end)
  const response = await fetch(await printedUrl(child), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: QUERY }),
  })
  const answer = await response.text()
  const ms = performance.now() - begin
  await end()
  return { ms, answer }
}

/** Goes on reading: a full pipe would stop the process. */
function printedUrl(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let printed = ''
    const read = (chunk: Buffer): void => {
      printed += chunk
      const [, port] = /http:\/\/localhost:(\d+)\/graphql/.exec(printed) ?? []
      if (port) resolve(`http://127.0.0.1:${port}/graphql`)
    }
    child.stdout?.on('data', read)
    child.stderr?.on('data', read)
    child.on('exit', () => reject(new Error(`zg dev ended before it served:\n${printed}`)))
  })
}
