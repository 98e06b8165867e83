import { PGlite } from '@electric-sql/pglite'
import { openDatabase } from './database.ts'
import type { Database } from './session.ts'

let template: Promise<Blob> | undefined

/** An empty PGlite in memory. The first of a process takes two seconds, the others a third of one. */
export async function memoryDatabase(options: { readonly snapshotLimit?: number } = {}): Promise<Database> {
  template ??= dump()
  return openDatabase({ template: await template, ...options })
}

async function dump(): Promise<Blob> {
  const pg = await PGlite.create()
  const blob = await pg.dumpDataDir('none')
  await pg.close()
  return blob
}
