import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '../../..')

/** A project folder where `@zg/*` resolve; ignored by git. */
export function projectFolder(name: string, schema: string): { readonly folder: string; remove(): void } {
  const folder = join(root, '.cache', `${name}-${process.pid}`)
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'schema.ts'), schema)
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

/** A `zg` process that serves. */
export interface Served {
  readonly process: ChildProcess
  /** Answers to one GraphQL operation; throws when the gateway is not there. */
  ask<T>(query: string, variables?: Record<string, unknown>): Promise<T>
  /** The results of a subscription over SSE, until the gateway or the caller ends it. */
  stream<T>(query: string, variables?: Record<string, unknown>): AsyncGenerator<T, void, void>
  /** SIGKILL, and wait for the end. */
  kill(): Promise<void>
}

/** Runs `zg <args>`, or another script, and resolves once it has printed where it serves. */
export async function serve(
  args: readonly string[],
  env: Record<string, string> = {},
  script = 'codegen/src/commands/zg.ts',
): Promise<Served> {
  const child = spawn(process.execPath, ['--conditions=@zg/source', script, ...args], {
    cwd: root,
    env: { ...process.env, NO_COLOR: '1', PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const url = await printedUrl(child)
  const headers = { 'content-type': 'application/json' }
  const post = (query: string, variables: object, accept: string, signal: AbortSignal) =>
    fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { ...headers, accept },
      body: JSON.stringify({ query, variables }),
      signal,
    })

  return {
    process: child,
    ask: async <T>(query: string, variables = {}) => {
      const response = await post(query, variables, 'application/json', AbortSignal.timeout(10_000))
      const { data, errors } = (await response.json()) as { data: T; errors?: unknown }
      if (errors) throw new Error(JSON.stringify(errors))
      return data
    },
    async *stream<T>(query: string, variables = {}) {
      const end = new AbortController()
      const response = await post(query, variables, 'text/event-stream', end.signal)
      try {
        for await (const data of events(response)) {
          const result = JSON.parse(data) as { data?: T; errors?: unknown }
          if (!result.data) throw new Error(data)
          yield result.data
        }
      } finally {
        end.abort()
      }
    },
    kill: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
  }
}

/** Keeps reading what the process prints: a closed pipe would end it. */
function printedUrl(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let printed = ''
    const read = (chunk: Buffer): void => {
      printed += chunk
      const url = /http:\/\/localhost:(\d+)\/graphql/.exec(printed)
      if (url) resolve(`http://127.0.0.1:${url[1]}`)
    }
    child.stdout?.on('data', read)
    child.stderr?.on('data', read)
    child.on('exit', () => reject(new Error(`zg ended before it served:\n${printed}`)))
  })
}

/** The `data:` of each `next` event. Ends when the connection does, however. */
async function* events(response: Response): AsyncGenerator<string, void, void> {
  let text = ''
  const decoder = new TextDecoder()
  const reader = response.body?.getReader()
  while (reader) {
    const chunk = await reader.read().catch(() => ({ done: true as const, value: undefined }))
    if (chunk.done) return
    text += decoder.decode(chunk.value, { stream: true })
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const event = text.slice(0, end)
      text = text.slice(end + 2)
      const data = /^data: ?(.*)$/m.exec(event)?.[1]
      if (/^event: ?next$/m.test(event) && data) yield data
    }
  }
}
