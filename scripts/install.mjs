// Runs before `npm start` and `npm test`, on whatever Node the machine has: plain JavaScript, no dependencies.
// Installs what package-lock.json names, unless that is what node_modules holds. Node 24 is among it, so that
// everything after this line runs the same everywhere.

import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { difference } from './lock.mjs'

/** @param {string} path */
function read(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return undefined
  }
}

function install() {
  const root = dirname(dirname(fileURLToPath(import.meta.url)))
  if (Number(process.versions.node.split('.')[0]) < 20) {
    console.error(`ZG needs Node 20 or newer; this is ${process.version}. See https://nodejs.org/`)
    return 1
  }
  const lock = read(join(root, 'package-lock.json'))
  if (!lock) {
    console.error('package-lock.json is missing or damaged; restore it from git.')
    return 1
  }
  const installed = read(join(root, 'node_modules', '.package-lock.json'))
  if (installed && difference(lock, installed) === undefined) return 0

  console.log(
    installed
      ? 'The dependencies have changed: running npm ci ...'
      : 'First run: installing the dependencies with npm ci (about half a minute) ...',
  )
  const options = ['ci', '--no-audit', '--no-fund', '--loglevel=error']
  // npm's own script where npm runs us; `npm` is a .cmd file on Windows and cannot be spawned without a shell.
  const npm = process.env.npm_execpath
  const run = npm?.endsWith('.js')
    ? spawnSync(process.execPath, [npm, ...options], { cwd: root, stdio: 'inherit' })
    : spawnSync('npm', options, { cwd: root, stdio: 'inherit', shell: process.platform === 'win32' })
  if (run.status === 0) return 0
  console.error(
    `\nInstalling failed (npm ci: ${run.error?.message ?? `exit ${run.status}`}).` +
      ' It needs the npm registry once: check the connection or the proxy (npm ping), then run the same command again.',
  )
  return 1
}

process.exitCode = install()
