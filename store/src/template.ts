import { randomBytes } from 'node:crypto'
import { cp, mkdir, readFile, rename, rm, rmdir, stat } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'

/**
 * Makes the folder a new database by copying one that was never used: half a second in place of the 2.5 that initdb
 * takes in WebAssembly. The first call on a machine makes the one to copy, in `node_modules/.cache`. `directory` must
 * be missing or empty, and is whole or untouched when the process dies in between.
 *
 * False when that cannot be done (nowhere to write, a full disk): then PGlite makes its database itself.
 */
export async function copyTemplate(directory: string): Promise<boolean> {
  const beside = `${directory}.${unique()}`
  try {
    const template = await templateFolder()
    if (!template) return false
    await mkdir(dirname(directory), { recursive: true })
    await cp(template, beside, { recursive: true })
    // An empty folder may stand there; renaming over one is not possible everywhere.
    await rmdir(directory).catch(() => {})
    await rename(beside, directory)
    return true
  } catch {
    await rm(beside, { recursive: true, force: true })
    return false
  }
}

/** The database to copy, made unless it is there. One per version of PGlite. */
async function templateFolder(): Promise<string | undefined> {
  const place = await cachePlace()
  if (!place) return undefined
  const folder = join(place.folder, `pglite-${place.version}`)
  if (await isFolder(folder)) return folder
  const making = `${folder}.${unique()}`
  try {
    await mkdir(place.folder, { recursive: true })
    const pg = await PGlite.create(making)
    await pg.close()
    // Whoever else was making one has made the same.
    await rename(making, folder).catch(async error => {
      if (!(await isFolder(folder))) throw error
    })
    return folder
  } finally {
    await rm(making, { recursive: true, force: true })
  }
}

/** The `.cache` of the node_modules that PGlite is in: as private as its code, and gone when that is replaced. */
async function cachePlace(): Promise<{ readonly folder: string; readonly version: string } | undefined> {
  const entry = createRequire(import.meta.url).resolve('@electric-sql/pglite')
  const [, modules, name] = /^(.*[\\/]node_modules)[\\/](@electric-sql[\\/]pglite)[\\/]/.exec(entry) ?? []
  if (!modules || !name) return undefined
  const { version } = JSON.parse(await readFile(join(modules, name, 'package.json'), 'utf8'))
  return { folder: join(modules, '.cache', 'zg'), version }
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    found => found.isDirectory(),
    () => false,
  )
}

function unique(): string {
  return randomBytes(6).toString('hex')
}
