import { createHash } from 'node:crypto'
import { readdirSync, statSync } from 'node:fs'
import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { uptime } from 'node:os'
import { join, relative } from 'node:path'

const NAME = 'zg.seal'

/**
 * Notes beside the files of a closed database what they are: names, sizes, times. Whoever finds them so need not look
 * into them. A folder that cannot be sealed is looked into.
 */
export async function seal(directory: string): Promise<void> {
  const path = join(directory, NAME)
  try {
    await writeFile(`${path}.new`, JSON.stringify({ at: Date.now(), files: listing(directory) }))
    await rename(`${path}.new`, path)
  } catch {
    await rm(`${path}.new`, { force: true }).catch(() => {})
  }
}

/**
 * Takes the seal off before the files change; whether they are what was sealed. They are not if any of them was cut,
 * written, added, removed or copied anew since, or if the machine has started again: then what was written may not
 * have reached the disk. `started` (ms): when it did. O(files), 10 ms for a thousand.
 */
export async function breakSeal(
  directory: string,
  started = Date.now() - uptime() * 1_000,
): Promise<boolean> {
  const path = join(directory, NAME)
  try {
    const { at, files } = JSON.parse(await readFile(path, 'utf8'))
    return at > started && files === listing(directory)
  } catch {
    return false
  } finally {
    await rm(path, { force: true })
  }
}

function listing(directory: string): string {
  const lines: string[] = []
  for (const file of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    if (!file.isFile() || file.name.startsWith(NAME)) continue
    const path = join(file.parentPath, file.name)
    const { size, mtime } = statSync(path)
    lines.push(`${relative(directory, path)} ${size} ${mtime.getTime()}`)
  }
  return createHash('sha256').update(lines.sort().join('\n')).digest('hex')
}
