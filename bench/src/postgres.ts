import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import postgres from 'postgres'
import { type Cluster, startCluster } from '../../scripts/testing/cluster.ts'
import { home } from './install.ts'
import { onClose } from './run.ts'

/** Where data stays between runs; ignored by git. On the same disk as the repository: fsync must mean something. */
export const cache = join(home, '.cache')

/**
 * A Postgres that waits for the disk, as production does. With a name its data stays in `bench/.cache/<name>`; else it
 * is gone with the bench.
 */
export async function durablePostgres(name?: string): Promise<Cluster> {
  mkdirSync(cache, { recursive: true })
  const cluster = await startCluster({
    durable: true,
    below: cache,
    ...(name ? { keep: join(cache, name) } : {}),
  })
  onClose(cluster.stop)
  return cluster
}

/** The URL of a database on the server, made unless it is there. */
export async function database({ url }: Cluster, name: string): Promise<string> {
  const sql = postgres(url, { max: 1, onnotice: () => {} })
  try {
    const [found] = await sql`select 1 from pg_database where datname = ${name}`
    if (!found) await sql.unsafe(`create database "${name}"`)
  } finally {
    await sql.end()
  }
  const address = new URL(url)
  address.pathname = `/${name}`
  return address.href
}
