import { randomBytes } from 'node:crypto'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, isAbsolute, join, relative } from 'node:path'

/** A file to write; `path` is below the folder that is written to. */
export interface GeneratedFile {
  readonly path: string
  readonly text: string
}

export interface Written {
  readonly path: string
  readonly status: 'created' | 'updated' | 'unchanged'
}

/**
 * Writes what differs. Each file appears whole or not at all, and one that is equal keeps its time stamp, so that
 * watchers and build tools see only real changes. Throws a RangeError for a path that leads out of the folder.
 */
export async function writeFiles(
  folder: string,
  files: readonly GeneratedFile[],
): Promise<readonly Written[]> {
  for (const { path } of files) {
    const inside = relative(folder, join(folder, path))
    if (isAbsolute(path) || inside.startsWith('..')) throw new RangeError(`${path} leads out of ${folder}`)
  }
  return Promise.all(files.map(file => writeFileIfChanged(folder, file)))
}

/** The paths of files that differ from what is there, or are not there. Writes nothing. */
export async function staleFiles(
  folder: string,
  files: readonly GeneratedFile[],
): Promise<readonly string[]> {
  const present = await Promise.all(files.map(({ path }) => readIfThere(join(folder, path))))
  return files.filter(({ text }, i) => present[i] !== text).map(({ path }) => path)
}

async function writeFileIfChanged(folder: string, { path, text }: GeneratedFile): Promise<Written> {
  const target = join(folder, path)
  const present = await readIfThere(target)
  if (present === text) return { path, status: 'unchanged' }
  await mkdir(dirname(target), { recursive: true })
  const aside = `${target}.${randomBytes(4).toString('hex')}`
  try {
    await writeFile(aside, text)
    await rename(aside, target)
  } finally {
    await rm(aside, { force: true })
  }
  return { path, status: present === undefined ? 'created' : 'updated' }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
