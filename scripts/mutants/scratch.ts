import { spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** A copy of the working tree to break: what git tracks and what it would (uncommitted work included). */
export type Scratch = { readonly folder: string; readonly remove: () => void }

export function makeScratch(root: string): Scratch {
  const folder = mkdtempSync(join(tmpdir(), 'zg-mutants-'))
  const listed = spawnSync('git', ['ls-files', '-co', '--exclude-standard', '-z'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  })
  if (listed.status !== 0) throw new Error(`git ls-files failed: ${listed.error?.message ?? listed.stderr}`)
  for (const path of new Set(listed.stdout.split('\0'))) {
    // Deleted, but not yet in git's eyes.
    if (path === '' || !existsSync(join(root, path))) continue
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    cpSync(join(root, path), join(folder, path))
  }
  linkModules(join(root, 'node_modules'), join(folder, 'node_modules'))
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

/**
 * Installed packages are shared with the original. The workspaces among them are relative links (../../core): made
 * again as they are, they lead to the copy. A link to node_modules as a whole would lead back to the original, and
 * every mutant outside the test's own package would survive.
 */
function linkModules(from: string, to: string): void {
  mkdirSync(to)
  for (const name of readdirSync(from)) {
    const original = join(from, name)
    if (lstatSync(original).isSymbolicLink()) {
      const target = readlinkSync(original)
      symlinkSync(target, join(to, name))
      // What a workspace could not share with the others.
      const own = join(dirname(original), target, 'node_modules')
      if (existsSync(own)) symlinkSync(own, join(dirname(join(to, name)), target, 'node_modules'))
    } else if (name.startsWith('@')) linkModules(original, join(to, name))
    else if (name !== '.cache') symlinkSync(original, join(to, name))
  }
}
