import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import postgres from 'postgres'
import { nextNote } from '../append/writing.ts'
import { cache } from '../postgres.ts'
import { onClose, type Run } from '../run.ts'

const CLIENTS = 64

/** Rows of the same size as ours go into a table of the same columns, each by a prepared INSERT that commits itself. */
const TABLE = `create table note (
  tenant text not null, id text collate "C" not null, title text collate "C", body text collate "C", stars integer,
  primary key (tenant, id)
)`
/** Keys rise, as ours do: the cheapest way into an index. */
const SCRIPT = `insert into note values (
  'main', 'note_' || left(replace(uuidv7()::text, '-', ''), 26), 'Note 000000001',
  'Note 000000001 says what a sentence of middling length would say.', 3);
`

interface Inserts {
  /** What runs them. */
  readonly by: string
  /** Rows per second. Throws if the table does not hold all that were counted. */
  rate(seconds: number): Promise<number>
  query(text: string): Promise<readonly object[]>
}

/** pgbench, which comes with Postgres' client programs; without it, as many connections of our own driver. */
export async function openInserts(url: string, run: Run): Promise<Inserts> {
  const sql = postgres(url, { max: CLIENTS, onnotice: () => {} })
  onClose(() => sql.end())
  await sql.unsafe(TABLE)
  const query = async (text: string) => (await sql.unsafe(text)).map(row => ({ ...row }))
  const count = async () => Number((await sql`select count(*) as n from note`)[0]?.n)
  const counted = async (work: () => Promise<{ rows: number; rate: number }>) => {
    const before = await count()
    const { rows, rate } = await work()
    if ((await count()) - before !== rows) throw new Error('Not timed: some inserted rows are missing')
    return rate
  }
  if (await hasPgbench()) {
    const folder = mkdtempSync(join(cache, 'pgbench-'))
    onClose(async () => rmSync(folder, { recursive: true, force: true }))
    const script = join(folder, 'insert.sql')
    writeFileSync(script, SCRIPT)
    return { by: 'pgbench', query, rate: seconds => counted(() => pgbench(url, script, seconds)) }
  }
  run.say('  pgbench is not installed: its part is played by 64 connections of postgres.js')
  const text = 'insert into note values ($1, $2, $3, $4, $5::text::int)'
  const insert = async () => {
    const { id, title, body, stars } = nextNote()
    await sql.unsafe(text, ['main', id, title, body, String(stars)], { prepare: true })
  }
  return { by: 'postgres.js', query, rate: seconds => counted(() => repeat(insert, seconds)) }
}

async function repeat(insert: () => Promise<void>, seconds: number) {
  const begin = performance.now()
  const end = begin + seconds * 1_000
  let rows = 0
  const client = async () => {
    while (performance.now() < end) {
      await insert()
      rows++
    }
  }
  await Promise.all(Array.from({ length: CLIENTS }, client))
  return { rows, rate: rows / ((performance.now() - begin) / 1_000) }
}

async function hasPgbench(): Promise<boolean> {
  try {
    return (await output(['--version'])).startsWith('pgbench')
  } catch {
    return false
  }
}

async function pgbench(url: string, script: string, seconds: number) {
  const time = String(Math.max(1, Math.round(seconds)))
  const text = await output([
    '-n',
    '-M',
    'prepared',
    '-c',
    String(CLIENTS),
    '-j',
    '2',
    '-T',
    time,
    '-f',
    script,
    url,
  ])
  const rows = /number of transactions actually processed: (\d+)/.exec(text)?.[1]
  const rate = /tps = ([\d.]+)/.exec(text)?.[1]
  if (!rows || !rate) throw new Error(`pgbench did not say how fast it was:\n${text}`)
  return { rows: Number(rows), rate: Number(rate) }
}

async function output(args: readonly string[]): Promise<string> {
  const child = spawn('pgbench', args, { stdio: ['ignore', 'pipe', 'ignore'] })
  let text = ''
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString()
  })
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`pgbench ended with ${code}`)
  return text
}
