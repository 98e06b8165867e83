import postgres from 'postgres'
import { expect, test } from 'vitest'
import { describePg, freshDatabase } from './pg.ts'

describePg('a fresh database', () => {
  test('is empty, sorts by language unless told otherwise, and is gone when dropped', async () => {
    const database = await freshDatabase()
    const sql = postgres(database.url, { max: 1, onnotice: () => {} })
    const [row] = await sql`
      select current_setting('server_encoding') as encoding, 'a' < 'B' as language, 'a' < 'B' collate "C" as bytes,
        (select count(*)::int from pg_class where relnamespace = 'public'::regnamespace) as tables`
    expect(row).toMatchObject({ encoding: 'UTF8', bytes: false, tables: 0 })
    // Somebody else's server (DATABASE_URL) may have another default.
    if (!process.env.DATABASE_URL) expect(row?.language).toBe(true)
    await sql.end()
    await database.drop()
    const again = postgres(database.url, { max: 1, onnotice: () => {} })
    await expect(again`select 1`).rejects.toThrow(/does not exist/)
    await again.end()
  })
})
