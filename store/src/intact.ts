import type { Session } from './session.ts'
import { quoted } from './tables/layout.ts'

/**
 * Looks for what a crash of the machine or a copy cut short leaves behind: a table that has lost its end reads as if
 * those rows had never been. Each table is counted through its file and through its index, and each log against its
 * head. What is wrong, in words; nothing: all is there. O(rows), for embedded databases; `run`: a statement that answers nothing.
 */
export async function damages(
  session: Session,
  run: (text: string) => Promise<unknown>,
): Promise<readonly string[]> {
  const tables = await session.query<{ schema: string; name: string }>(
    `select n.nspname as schema, c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind = 'r' and n.nspname in ('zg', 'public')
      and exists (select from pg_index i where i.indrelid = c.oid and i.indisprimary)
    order by 1, 2`,
  )
  const found: string[] = []
  const look = async (what: string, ask: () => Promise<string | null>): Promise<void> => {
    const wrong = await ask().catch((error: unknown) =>
      error instanceof Error ? error.message : String(error),
    )
    if (wrong !== null) found.push(`${what}: ${wrong}`)
  }
  for (const { schema, name } of tables) {
    const count = async (way: string): Promise<number> => {
      await run(`${ANY}; ${way}`)
      const [row] = await session.query<{ n: string }>(
        `select count(*) as n from ${quoted(schema)}.${quoted(name)}`,
      )
      return Number(row?.n)
    }
    await look(`${schema}.${name}`, async () => {
      const [there, known] = [await count(BY_FILE), await count(BY_INDEX)]
      return there === known ? null : `its file holds ${there} rows, and its index knows ${known}`
    })
  }
  await run(ANY)
  if (tables.some(({ schema, name }) => schema === 'zg' && name === 'head')) {
    await look('zg.log', async () => {
      const [row] = await session.query<{ tenant: string; seq: string; lines: string }>(LOGS)
      return row ? `of ${row.tenant} it holds ${row.lines} of ${row.seq} changes` : null
    })
  }
  return found
}

const ANY =
  'reset enable_seqscan; reset enable_indexscan; reset enable_indexonlyscan; reset enable_bitmapscan'
const BY_FILE = 'set enable_indexscan = off; set enable_indexonlyscan = off; set enable_bitmapscan = off'
// Bitmaps leave out without a word what lies behind the end of the file.
const BY_INDEX = 'set enable_seqscan = off; set enable_bitmapscan = off'
const LOGS = `select tenant, coalesce(h.seq, 0) as seq, coalesce(l.lines, 0) as lines
  from zg.head h full join (select tenant, count(*) as lines from zg.log group by tenant) l using (tenant)
  where coalesce(h.seq, 0) <> coalesce(l.lines, 0) limit 1`
