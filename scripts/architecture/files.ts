import { globSync, readFileSync } from 'node:fs'
import { join, sep } from 'node:path'
import type { Files } from '../architecture.ts'

/** The sources and package.json files below a folder, without what is installed or built. */
export function readFiles(root: string): Files {
  const left = new Set(['node_modules', 'dist', '.git', '.zg', 'generated'])
  const paths = globSync(['*/**/*.{ts,tsx}', '**/package.json'], {
    cwd: root,
    exclude: path => left.has(path.split(sep).at(-1) ?? ''),
  })
  return new Map(
    paths.sort().map(path => [path.replaceAll(sep, '/'), readFileSync(join(root, path), 'utf8')]),
  )
}
