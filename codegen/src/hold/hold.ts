import { randomBytes } from 'node:crypto'
import { chmod, link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ProblemError, problem } from '@zg/core/problem'

/** Who holds a data folder, as `<folder>/zg.pid` says it. */
export interface Holder {
  readonly pid: number
  /** When that process started, in the words of the system, so that another process with its number is told apart. */
  readonly started: string | null
  /** Where it answers other commands; null as long as it does not. */
  readonly socket: string | null
}

/** The right to use a data folder. */
export interface Hold {
  readonly folder: string
  /** Tells other commands where to ask. */
  announce(socket: string): Promise<void>
  /** Gives the folder back. Idempotent. */
  release(): Promise<void>
}

const FILE = 'zg.pid'

/**
 * Takes the folder for this process, making it if need be (0700). Throws `DATA_IN_USE` while another process holds
 * it; one that died is no holder. Throws `DATA_UNREADABLE` when the folder cannot be used at all.
 */
export async function takeHold(folder: string): Promise<Hold> {
  const own: Holder = { pid: process.pid, started: await startOf(process.pid), socket: null }
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    // Two processes that start at the same moment may both find a dead holder; one of them wins, the other looks again.
    for (let attempt = 0; attempt < 3; attempt++) {
      if (await claim(folder, own)) return hold(folder, own)
      const holder = await readHolder(folder)
      if (holder && (await isAlive(holder))) throw inUse(folder, holder)
      await clear(folder, holder)
    }
  } catch (error) {
    throw error instanceof ProblemError ? error : unreadable(folder, error)
  }
  throw new ProblemError([
    problem('DATA_IN_USE', [folder], `Other processes keep taking ${folder}. Try again.`),
  ])
}

/** The living process that holds the folder; null if nobody does. */
export async function holderOf(folder: string): Promise<Holder | null> {
  const holder = await readHolder(folder)
  return holder && (await isAlive(holder)) ? holder : null
}

function hold(folder: string, own: Holder): Hold {
  let released = false
  return {
    folder,
    announce: async socket => {
      const aside = join(folder, `${FILE}.${randomBytes(4).toString('hex')}`)
      await writeFile(aside, JSON.stringify({ ...own, socket }), { mode: 0o600 })
      await rename(aside, join(folder, FILE))
    },
    release: async () => {
      if (released) return
      released = true
      await rm(join(folder, FILE), { force: true })
    },
  }
}

/** Puts a complete file in place, or finds that there is one: `link` does both in one step. */
async function claim(folder: string, own: Holder): Promise<boolean> {
  const aside = join(folder, `${FILE}.${randomBytes(4).toString('hex')}`)
  try {
    await writeFile(aside, JSON.stringify(own), { mode: 0o600 })
    await chmod(folder, 0o700)
    await link(aside, join(folder, FILE))
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw error
  } finally {
    await rm(aside, { force: true })
  }
}

/** Takes the dead holder's file away; should a living one have come in between, puts it back. */
async function clear(folder: string, dead: Holder | null): Promise<void> {
  const file = join(folder, FILE)
  const aside = `${file}.${randomBytes(4).toString('hex')}`
  try {
    await rename(file, aside)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return
    throw error
  }
  const taken = parseHolder(await readFile(aside, 'utf8'))
  if (JSON.stringify(taken) !== JSON.stringify(dead)) await link(aside, file).catch(() => {})
  await rm(aside, { force: true })
}

async function readHolder(folder: string): Promise<Holder | null> {
  try {
    return parseHolder(await readFile(join(folder, FILE), 'utf8'))
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return null
    throw error
  }
}

/** Null for a damaged file: it is written whole or not at all, so no living process of ours wrote it. */
function parseHolder(text: string): Holder | null {
  try {
    const { pid, started = null, socket = null } = JSON.parse(text) as Holder
    return Number.isInteger(pid) && pid > 0 ? { pid, started, socket } : null
  } catch {
    return null
  }
}

async function isAlive({ pid, started }: Holder): Promise<boolean> {
  try {
    process.kill(pid, 0)
  } catch (error) {
    // EPERM: it lives, as somebody else's.
    if (codeOf(error) !== 'EPERM') return false
  }
  const now = await startOf(pid)
  // In a container every process is number 1: only the start time tells the one before from this one.
  return started === null || now === null || started === now
}

/** The start time of a process where the system shows it (Linux); null elsewhere. */
async function startOf(pid: number): Promise<string | null> {
  try {
    const [stat, boot] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile('/proc/sys/kernel/random/boot_id', 'utf8'),
    ])
    // The name, in parentheses, may hold anything; the start time is the 20th word behind it.
    const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
    return ticks ? `${boot.trim()} ${ticks}` : null
  } catch {
    return null
  }
}

function inUse(folder: string, { pid }: Holder): ProblemError {
  const message = `Process ${pid} is using ${folder}. Stop it (Ctrl+C in its window, or: kill ${pid}), then try again.`
  return new ProblemError([problem('DATA_IN_USE', [folder], message)])
}

function unreadable(folder: string, error: unknown): ProblemError {
  const remedy = 'Make it a folder that this user may read and write, or remove it to start empty.'
  const reason = error instanceof Error ? error.message : String(error)
  return new ProblemError([
    problem('DATA_UNREADABLE', [folder], `Cannot use ${folder}: ${reason}. ${remedy}`),
  ])
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
