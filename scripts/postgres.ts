import postgres from 'postgres'
import type { TestProject } from 'vitest/node'
import { startCluster } from './testing/cluster.ts'

// Vitest's setup of the `pg` project: one Postgres server for the whole run.

export type Server = { readonly url: string } | { readonly missing: string }

declare module 'vitest' {
  interface ProvidedContext {
    postgres: Server
  }
}

export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const given = process.env.DATABASE_URL
  try {
    if (given) {
      await ping(given)
      project.provide('postgres', { url: given })
      return undefined
    }
    const cluster = await startCluster()
    project.provide('postgres', { url: cluster.url })
    return cluster.stop
  } catch (error) {
    const missing = `${given ? 'DATABASE_URL does not answer' : 'Postgres did not start'}: ${error instanceof Error ? error.message : error}`
    // Each test file that needs it then skips or, where ZG_REQUIRE names pg, fails (testing/pg.ts).
    console.warn(`Tests that need Postgres cannot run. ${missing}`)
    project.provide('postgres', { missing })
    return undefined
  }
}

async function ping(url: string): Promise<void> {
  const sql = postgres(url, { max: 1, connect_timeout: 5 })
  try {
    await sql`select 1`
  } finally {
    await sql.end()
  }
}
