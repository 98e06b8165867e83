import { randomBytes } from 'node:crypto'
import postgres from 'postgres'
import { describe, inject } from 'vitest'
import type {} from '../postgres.ts'
import { requireOrSkip } from './require.ts'

/** `describe` for tests that need Postgres; they stand in a file named `*.pg.test.ts`. */
export function describePg(name: string, suite: () => void): void {
  const server = inject('postgres')
  const missing = 'missing' in server ? server.missing : undefined
  if (requireOrSkip('pg', missing === undefined, missing)) describe(name, suite)
  else describe.skip(`${name} (no Postgres)`, suite)
}

export type Database = { readonly url: string; readonly drop: () => Promise<void> }

/** An empty database of its own, so that test files can run at the same time. */
export async function freshDatabase(): Promise<Database> {
  const server = inject('postgres')
  if ('missing' in server) throw new Error(server.missing)
  const name = `zg_test_${randomBytes(8).toString('hex')}`
  await run(server.url, `create database ${name}`)
  const url = new URL(server.url)
  url.pathname = `/${name}`
  return { url: url.href, drop: () => run(server.url, `drop database if exists ${name} with (force)`) }
}

async function run(url: string, statement: string): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => {} })
  try {
    await sql.unsafe(statement)
  } finally {
    await sql.end()
  }
}
