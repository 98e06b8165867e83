import { cpSync, globSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { capture, root } from './command.ts'

// `npm run build`: each package as it is published, below .cache/packages: JavaScript, types and the documents of formats in dist, package.json,
// README. Not in the packages' own folders: tools that look for code by way of package.json (knip) would take a dist
// for the source. tsc alone does it: the sources are erasable TypeScript; what it emits is what Node would have run.

/** In the order in which they need each other's types. */
export const PACKAGES = ['core', 'schema-builder', 'store', 'client', 'gateway', 'codegen']

/** Read at run time, beside the module that reads them; and the formats and protocols that others write their side by. */
const BESIDE = ['src/**/*.ejs', 'src/graphiql/page.ts', 'src/*/[A-Z]*.md']

const INTERNAL = ['*.test.ts', '*.suite.ts', '*.fixture.ts', '*.bench.ts', '*.test-d.ts']
/** Bundled for browsers by esbuild, from source. */
const PAGE = ['graphiql/page.ts', 'graphiql/css.d.ts']

/** Where packages lie as they are published. */
export const built = (name: string): string => join(root, '.cache/packages', name)

/** Throws with the compiler's output. */
async function buildPackage(name: string): Promise<void> {
  const folder = join(root, name)
  const target = built(name)
  mkdirSync(target, { recursive: true })
  const config = join(target, 'tsconfig.json')
  writeFileSync(config, JSON.stringify(tsconfig(folder, join(target, 'dist'))))
  const { code, output } = await capture('tsc', ['--project', config])
  if (code !== 0) throw new Error(`${name} does not build:\n${output}`)
  rmSync(config)
  for (const path of globSync(BESIDE, { cwd: folder, exclude: ['**/README.md'] })) {
    cpSync(join(folder, path), join(target, 'dist', path.replace(/^src[\\/]/, '')))
  }
  for (const path of ['package.json', 'README.md']) cpSync(join(folder, path), join(target, path))
  cpSync(join(root, 'LICENSE'), join(target, 'LICENSE'))
}

function pathsOf(name: string): readonly (readonly [string, readonly string[]])[] {
  const dist = join(built(name), 'dist')
  return [
    [`@zg/${name}`, [join(dist, 'index.d.ts')]],
    [`@zg/${name}/*`, [join(dist, '*.d.ts')]],
  ]
}

const NEUTRAL = [join(root, 'schema-builder'), join(root, 'client')]

function tsconfig(folder: string, dist: string) {
  return {
    extends: join(folder, 'tsconfig.json'),
    compilerOptions: {
      noEmit: false,
      declaration: true,
      rootDir: join(folder, 'src'),
      outDir: dist,
      rewriteRelativeImportExtensions: true,
      typeRoots: [join(root, 'node_modules/@types')],
      // The other packages as their users see them.
      customConditions: [],
      paths: Object.fromEntries(PACKAGES.flatMap(name => pathsOf(name))),
    },
    // What every host has, for those that may not know which one it is.
    include: ['src/**/*.ts', ...(NEUTRAL.includes(folder) ? ['../core/src/host.d.ts'] : [])].map(path =>
      join(folder, path),
    ),
    exclude: [...INTERNAL.map(name => `**/${name}`), ...PAGE].map(path => join(folder, 'src', path)),
  }
}

export async function buildAll(): Promise<void> {
  rmSync(built(''), { recursive: true, force: true })
  for (const name of PACKAGES) await buildPackage(name)
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await buildAll()
  console.log(`built: ${PACKAGES.join(', ')}`)
}
