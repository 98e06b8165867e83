import { isBuiltin } from 'node:module'
import { posix } from 'node:path'
import { cycles } from './architecture/cycles.ts'
import { imports } from './architecture/imports.ts'
import {
  anyRuntime,
  bundled,
  coreFolders,
  oneFileOnly,
  onTop,
  rooms,
  testFile,
} from './architecture/table.ts'

/** Path from the root -> text: the sources, and the package.json files. */
export type Files = ReadonlyMap<string, string>

export type Rule =
  | 'unknown folder'
  | 'folder table'
  | 'core folders'
  | 'runtime'
  | 'npm package'
  | 'one file only'
  | 'by package name'
  | 'no barrel'
  | 'tests are leaves'
  | 'own chance'
  | 'cycle'

export type Violation = { readonly rule: Rule; readonly file: string; readonly why: string }

/** Everything in which these files break the architecture. Pure, so that violations can be planted in a test. */
export function check(files: Files): readonly Violation[] {
  const manifests = readManifests(files)
  const found: Violation[] = []
  const graph = new Map<string, string[]>()
  const loners = new Map<string, string[]>()

  for (const [file, text] of files) {
    if (!/\.tsx?$/.test(file)) continue
    const report = (rule: Rule, why: string) => found.push({ rule, file, why })
    const edges: string[] = []
    graph.set(file, edges)
    if (roomOf(file) === undefined)
      report('unknown folder', 'add it to scripts/architecture/table.ts, or move it')

    if (testFile.test(file) && /\bMath\.random\b/.test(text))
      report(
        'own chance',
        'draw from createChance of scripts/testing/seed.ts, so that a failure can be replayed',
      )

    for (const { specifier, url } of imports(file, text)) {
      const target = resolve(file, specifier, manifests)
      if (target.kind === 'file') {
        if (!url) edges.push(target.path)
        judgeFile(file, specifier, target.path, report)
      } else if (target.kind === 'node') {
        if (anyRuntime.includes(roomOf(file) ?? '') && !testFile.test(file)) {
          report('runtime', `${specifier}: ${roomOf(file)} runs anywhere; take it as an argument`)
        }
      } else {
        if (!allowedPackages(file, manifests).has(target.name)) {
          report('npm package', `${target.name} is not among its dependencies`)
        }
        for (const [folder, name] of oneFileOnly) {
          if (name !== target.name || !file.startsWith(`${folder}/`) || testFile.test(file)) continue
          const users = loners.get(name) ?? []
          if (!users.includes(file)) loners.set(name, [...users, file])
        }
      }
    }
  }
  for (const [name, [first, ...others]] of loners) {
    for (const file of others)
      found.push({ rule: 'one file only', file, why: `${name} is imported by ${first} already` })
  }
  for (const cycle of cycles(graph)) found.push({ rule: 'cycle', file: cycle[0]!, why: cycle.join(' -> ') })
  return found
}

function judgeFile(
  file: string,
  specifier: string,
  target: string,
  report: (rule: Rule, why: string) => void,
): void {
  const from = roomOf(file)
  const to = roomOf(target)
  const testing = target.startsWith('scripts/testing/') && (testFile.test(file) || top(file) === 'bench')
  if (testFile.test(target) && !testFile.test(file)) report('tests are leaves', `${target} is a test file`)
  if (from === undefined || to === undefined || testing) return
  if (from !== to && !rooms[from]?.includes(to)) {
    report('folder table', `${from} may not import ${to} (${target})`)
  } else if (top(file) !== top(target)) {
    if (specifier.startsWith('.')) report('by package name', `${specifier} leaves ${top(file)}`)
    const barrel = target.endsWith('/src/index.ts') && !onTop.includes(from) && !testFile.test(file)
    if (barrel) report('no barrel', `${specifier}: name the file you need`)
  }
  if (from === 'core' && to === 'core') judgeCore(file, target, report)
}

function judgeCore(file: string, target: string, report: (rule: Rule, why: string) => void): void {
  const from = coreFolder(file)
  const to = coreFolder(target)
  // index.ts is the package's public list; the other files at the top are shared by all and know nobody.
  if (file === 'core/src/index.ts') return
  if (target === 'core/src/index.ts') report('no barrel', 'core/src/index.ts is for other projects')
  else if (from !== undefined && coreFolders[from] === undefined)
    report('core folders', `core/src/${from} is not in the table`)
  else if (to !== undefined && to !== from && !(from !== undefined && coreFolders[from]?.includes(to))) {
    report('core folders', `${from ?? 'a top-level file'} may not import ${to} (${target})`)
  }
}

function coreFolder(file: string): string | undefined {
  return /^core\/src\/([^/]+)\//.exec(file)?.[1]
}

function top(file: string): string {
  return file.split('/')[0]!
}

/** The room of a file; `store/src/tables` is a folder or a file of that name. */
function roomOf(file: string): string | undefined {
  return Object.keys(rooms)
    .filter(room => file.startsWith(`${room}/`) || file === `${room}.ts`)
    .sort((a, b) => b.length - a.length)[0]
}

type Manifest = {
  readonly folder: string
  readonly runtime: readonly string[]
  readonly dev: readonly string[]
}
type Manifests = ReadonlyMap<string, Manifest>

function readManifests(files: Files): Manifests {
  const found = new Map<string, Manifest>()
  for (const [path, text] of files) {
    if (posix.basename(path) !== 'package.json') continue
    const { name, dependencies = {}, peerDependencies = {}, devDependencies = {} } = JSON.parse(text)
    const runtime = Object.keys({ ...dependencies, ...peerDependencies })
    found.set(name, { folder: posix.dirname(path), runtime, dev: Object.keys(devDependencies) })
  }
  return found
}

/** A package's own dependencies; in tests, scripts and bundles also what the package and the root have for development. */
function allowedPackages(file: string, manifests: Manifests): ReadonlySet<string> {
  const all = [...manifests.values()]
  const own = all
    .filter(manifest => manifest.folder === '.' || file.startsWith(`${manifest.folder}/`))
    .sort((a, b) => b.folder.length - a.folder.length)[0]
  const root = all.find(manifest => manifest.folder === '.')
  const dev = testFile.test(file) || bundled.includes(file) || own === root
  return new Set([...(own?.runtime ?? []), ...(dev ? [...(own?.dev ?? []), ...(root?.dev ?? [])] : [])])
}

type Target =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'node' }
  | { readonly kind: 'npm'; readonly name: string }

function resolve(file: string, specifier: string, manifests: Manifests): Target {
  if (specifier.startsWith('.')) return { kind: 'file', path: posix.join(posix.dirname(file), specifier) }
  if (isBuiltin(specifier)) return { kind: 'node' }
  const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
  const ours = manifests.get(name)
  if (ours === undefined) return { kind: 'npm', name }
  const rest = specifier.slice(name.length + 1)
  return { kind: 'file', path: posix.join(ours.folder, 'src', `${rest || 'index'}.ts`) }
}
