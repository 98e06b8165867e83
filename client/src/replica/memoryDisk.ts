import type { Disk } from './disk.ts'

interface Write {
  readonly name: string
  readonly kind: 'append' | 'replace'
  readonly text: string | null
}

/** A disk in memory. */
export interface MemoryDisk extends Disk {
  /**
   * The machine stops: of what was not synced, the first writes are kept, and the next perhaps in part. `chance` gives numbers
   * from 0 up to 1. The disk goes on as it was found; syncs under way reject.
   */
  crash(chance: () => number): void
  /** Another one with the same content, all of it durable. */
  copy(): MemoryDisk
}

/**
 * For a replica that need not outlive its process; with `crash`, a disk to test against. `work` is how long a sync takes; `content`: the files it has.
 */
export function memoryDisk(
  work: () => Promise<void> = () => Promise.resolve(),
  content: ReadonlyMap<string, string> = new Map(),
): MemoryDisk {
  const files = new Map(content)
  const durable = new Map(content)
  let unsynced: Write[] = []
  let written = 0
  let lives = 0

  const write = (one: Write): void => {
    put(files, one)
    unsynced.push(one)
    written++
  }
  return {
    list: async () => [...files.keys()].sort(),
    read: async name => files.get(name) ?? null,
    append: (name, text) => write({ name, kind: 'append', text }),
    replace: (name, text) => write({ name, kind: 'replace', text }),
    sync: async () => {
      const life = lives
      const until = written
      // What is written meanwhile, or lost by a crash, is not part of it.
      await work()
      if (life !== lives) throw new Error('The machine stopped before the disk had written')
      const done = Math.max(0, until - (written - unsynced.length))
      for (const one of unsynced.slice(0, done)) put(durable, one)
      unsynced = unsynced.slice(done)
    },
    crash: chance => {
      lives++
      const kept = Math.floor(chance() * (unsynced.length + 1))
      for (const one of unsynced.slice(0, kept)) put(durable, one)
      const torn = unsynced[kept]
      if (torn?.kind === 'append' && torn.text !== null) {
        put(durable, { ...torn, text: torn.text.slice(0, Math.floor(chance() * torn.text.length)) })
      }
      unsynced = []
      files.clear()
      for (const [name, text] of durable) files.set(name, text)
    },
    copy: () => memoryDisk(work, files),
  }
}

function put(files: Map<string, string>, { name, kind, text }: Write): void {
  if (text === null) files.delete(name)
  else files.set(name, kind === 'append' ? (files.get(name) ?? '') + text : text)
}
