import type { Session } from './session.ts'
import { alikeIndexes, isAlikeIndex } from './tables/alike.ts'
import type { Layout } from './tables/layout.ts'

/**
 * Where `pg_trgm` is in this database, as the name of its schema; null where nobody has created it. Searches then find
 * words that are only alike, too: an extra of that database, which no other reader has.
 */
export async function alikeSchema(session: Session): Promise<string | null> {
  const [found] = await session.query<{ schema: string }>(
    `select n.nspname as schema from pg_extension e join pg_namespace n on n.oid = e.extnamespace where e.extname = 'pg_trgm'`,
  )
  return found?.schema ?? null
}

/** Makes the indexes that likeness needs, and drops those of what is searched no more. Nothing where it is not there. */
export async function indexAlike(session: Session, tables: Layout): Promise<void> {
  const wanted = alikeIndexes(tables)
  const present = await session.query<{ name: string }>(
    `select indexname as name from pg_indexes where schemaname = 'public'`,
  )
  const known = new Set(present.map(({ name }) => name).filter(isAlikeIndex))
  for (const name of known) {
    if (!wanted.some(index => index.name === name)) await session.query(`drop index public."${name}"`)
  }
  for (const { name, sql } of wanted) if (!known.has(name)) await session.query(sql)
}
