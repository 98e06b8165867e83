import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** This folder: `bench/`. */
export const home = join(import.meta.dirname, '..')

/** `npm ci` in bench/, unless what its lock names is there. The references are no part of the product's dependencies. */
export function installReferences(say: (text: string) => void): void {
  const wanted = readFileSync(join(home, 'package-lock.json'), 'utf8')
  const mark = join(home, 'node_modules', '.package-lock.json')
  if (existsSync(mark) && sameVersions(wanted, readFileSync(mark, 'utf8'))) return
  say('Installing what we compare with (npm ci in bench/, about 300 MB, half a minute) ...')
  const { status, error } = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: home,
    // stdout is for figures.
    stdio: ['ignore', process.stderr, process.stderr],
    shell: process.platform === 'win32',
  })
  if (status === 0) return
  throw new Error(
    `npm ci in ${home} failed (${error?.message ?? `exit ${status}`}); it needs the npm registry once`,
  )
}

type Lock = { readonly packages: { readonly [path: string]: { readonly version?: string } } }

/** Packages of other platforms are named in the lock and not installed; everything installed must be as locked. */
function sameVersions(wanted: string, installed: string): boolean {
  const { packages } = JSON.parse(wanted) as Lock
  const found = Object.entries((JSON.parse(installed) as Lock).packages)
  const direct = Object.keys((packages[''] as { readonly dependencies?: object }).dependencies ?? {})
  const present = new Set(found.map(([path]) => path))
  return (
    found.every(([path, { version }]) => packages[path]?.version === version) &&
    direct.every(name => present.has(`node_modules/${name}`))
  )
}
