import { mkdtemp, rm, rmdir } from 'node:fs/promises'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Json } from '@zg/core/json'
import { type Problem, ProblemError, problem } from '@zg/core/problem'

// How one command asks the process that holds the data: one JSON line with the request; JSON lines back, any number
// of `progress`, then one `answer` or `problems`. One request per connection; hanging up cancels it.

/** Answers requests. What it throws is sent as problems (a ProblemError) or as `INTERNAL`. */
export type Answer = (request: Json, call: Call) => Promise<Json>

export interface Call {
  /** Aborts when the asker has gone. */
  readonly signal: AbortSignal
  progress(value: Json): void
}

export interface Line {
  /** The path of the socket. */
  readonly socket: string
  close(): Promise<void>
}

type Message =
  | { readonly kind: 'progress'; readonly value: Json }
  | { readonly kind: 'answer'; readonly value: Json }
  | { readonly kind: 'problems'; readonly problems: readonly Problem[] }

/** Systems cut the path of a Unix socket at 104 (macOS) or 108 bytes (Linux). */
const MAX_PATH = 100

/** Serves `<folder>/zg.sock`, or where that path is too long a socket in a private temporary folder. Only for this user. */
export async function openLine(folder: string, answer: Answer): Promise<Line> {
  const wished = join(folder, 'zg.sock')
  const isShort = Buffer.byteLength(wished) <= MAX_PATH
  const socket = isShort ? wished : join(await mkdtemp(join(tmpdir(), 'zg-')), 'zg.sock')
  // The holder of the folder is alone: what lies there is a dead process' socket.
  await rm(socket, { force: true })
  const open = new Set<Socket>()
  const server = createServer(connection => {
    open.add(connection)
    connection.once('close', () => open.delete(connection))
    serve(connection, answer)
  })
  const mask = process.umask(0o177)
  try {
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(socket, resolve))
  } finally {
    process.umask(mask)
  }
  return {
    socket,
    close: async () => {
      const closed = new Promise<void>(resolve => server.close(() => resolve()))
      for (const connection of open) connection.destroy()
      await closed
      await rm(socket, { force: true })
      if (!isShort) await rmdir(dirname(socket)).catch(() => {})
    },
  }
}

function serve(connection: Socket, answer: Answer): void {
  const gone = new AbortController()
  connection.on('error', () => {})
  connection.once('close', () => gone.abort())
  const send = (message: Message) => {
    if (connection.writable) connection.write(`${JSON.stringify(message)}\n`)
  }
  createInterface({ input: connection, crlfDelay: Number.POSITIVE_INFINITY }).once('line', line => {
    Promise.resolve()
      .then(() =>
        answer(JSON.parse(line), {
          signal: gone.signal,
          progress: value => send({ kind: 'progress', value }),
        }),
      )
      .then(
        value => send({ kind: 'answer', value }),
        error => send({ kind: 'problems', problems: problemsOf(error) }),
      )
      .finally(() => connection.end())
  })
}

function problemsOf(error: unknown): readonly Problem[] {
  if (error instanceof ProblemError) return error.problems
  return [problem('INTERNAL', [], error instanceof Error ? error.message : String(error))]
}

export interface AskOptions {
  readonly onProgress?: (value: Json) => void
  readonly signal?: AbortSignal
}

/**
 * Asks the process at the socket. Throws its problems as a ProblemError; `NO_ANSWER` when nobody listens there or it
 * hung up in the middle.
 */
export async function ask(
  socket: string,
  request: Json,
  { onProgress, signal }: AskOptions = {},
): Promise<Json> {
  const connection = connect(socket)
  const hangUp = () => connection.destroy()
  signal?.addEventListener('abort', hangUp)
  try {
    await new Promise<void>((resolve, reject) => connection.once('connect', resolve).once('error', reject))
    connection.write(`${JSON.stringify(request)}\n`)
    for await (const line of createInterface({ input: connection, crlfDelay: Number.POSITIVE_INFINITY })) {
      const message = JSON.parse(line) as Message
      if (message.kind === 'progress') onProgress?.(message.value)
      else if (message.kind === 'answer') return message.value
      else throw new ProblemError(message.problems)
    }
  } catch (error) {
    if (error instanceof ProblemError) throw error
  } finally {
    signal?.removeEventListener('abort', hangUp)
    connection.destroy()
  }
  throw new ProblemError([
    problem(
      'NO_ANSWER',
      [],
      `The process that serves ${socket} did not answer; it may be stopping. Try again.`,
    ),
  ])
}
