import { type FSWatcher, watch } from 'node:fs'
import { basename, dirname } from 'node:path'

export interface Watch {
  /** Watches these files instead of those before. */
  follow(files: readonly string[]): void
  close(): void
}

/**
 * Calls back when a followed file is written, replaced or removed: once for a burst, because editors write a file in
 * several steps. Folders are watched, not files: an editor that saves by renaming leaves a watched file behind.
 */
export function createWatch(onChange: () => void, quiet = 40): Watch {
  const folders = new Map<string, FSWatcher>()
  let followed: ReadonlySet<string> = new Set()
  let timer: NodeJS.Timeout | undefined
  let closed = false

  const touched = (folder: string, name: string | null) => {
    // Some systems do not tell the name.
    const isOurs =
      name === null || [...followed].some(file => dirname(file) === folder && basename(file) === name)
    if (!isOurs) return
    clearTimeout(timer)
    timer = setTimeout(onChange, quiet)
  }
  return {
    follow: files => {
      // A change that was still being read when the watch ended must not begin it again.
      if (closed) return
      followed = new Set(files)
      const wanted = new Set(files.map(file => dirname(file)))
      for (const [folder, watcher] of folders) {
        if (wanted.has(folder)) continue
        watcher.close()
        folders.delete(folder)
      }
      for (const folder of wanted) {
        if (folders.has(folder)) continue
        const watcher = watch(folder, (_, name) => touched(folder, name))
        // A folder that is removed is reported as an error; there is nothing left to watch in it.
        watcher.on('error', () => watcher.close())
        folders.set(folder, watcher)
      }
    },
    close: () => {
      closed = true
      clearTimeout(timer)
      for (const watcher of folders.values()) watcher.close()
      folders.clear()
    },
  }
}
