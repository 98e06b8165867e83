import { createHash, randomBytes } from 'node:crypto'
import { access, mkdir, readFile, rename, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))

/** Where the built files of GraphiQL lie, and the name of their version. */
export interface GraphiqlBundle {
  readonly folder: string
  /** Changes with every content: the files may be cached for ever below a path that holds it. */
  readonly version: string
}

export interface BundleOptions {
  /** Parent of the per-version folders; default `node_modules/.cache/zg-graphiql` of this installation. */
  readonly cache?: string
  readonly log?: (line: string) => void
}

/**
 * The GraphiQL page with Monaco and its workers, built by esbuild from npm packages on first use (about 3 s) and kept
 * per version. Two processes may build at once: each builds aside and renames, so nobody ever sees half a bundle.
 */
export async function graphiqlBundle(options: BundleOptions = {}): Promise<GraphiqlBundle> {
  const packages = locate()
  const version = await bundleVersion(packages.manifests)
  const folder = join(options.cache ?? packages.cache, version)
  if (await exists(folder)) return { folder, version }
  options.log?.('Building GraphiQL (once)...')
  const started = performance.now()
  const aside = `${folder}.${process.pid}-${randomBytes(4).toString('hex')}`
  await mkdir(aside, { recursive: true })
  try {
    await build(packages.workers, aside)
    await rename(aside, folder).catch(async error => {
      if (!(await exists(folder))) throw error
    })
  } finally {
    await rm(aside, { recursive: true, force: true })
  }
  options.log?.(`Built GraphiQL in ${((performance.now() - started) / 1000).toFixed(1)} s`)
  return { folder, version }
}

/** Monaco is a dependency of GraphiQL, not ours: it is looked up from there. */
function locate() {
  const ours = createRequire(import.meta.url)
  const graphiql = ours.resolve('graphiql/package.json')
  const react = createRequire(graphiql).resolve('@graphiql/react')
  const theirs = createRequire(react)
  return {
    manifests: [graphiql, ours.resolve('graphql-ws/package.json'), ours.resolve('react/package.json')],
    workers: {
      'editor.worker': theirs.resolve('monaco-editor/esm/vs/editor/editor.worker.js'),
      'json.worker': theirs.resolve('monaco-editor/esm/vs/language/json/json.worker.js'),
      'graphql.worker': theirs.resolve('monaco-graphql/esm/graphql.worker.js'),
    },
    cache: join(dirname(dirname(graphiql)), '.cache', 'zg-graphiql'),
  }
}

async function bundleVersion(manifests: readonly string[]): Promise<string> {
  const hash = createHash('sha256')
  for (const file of [join(here, 'page.ts'), fileURLToPath(import.meta.url), ...manifests]) {
    hash.update(await readFile(file))
  }
  return hash.digest('hex').slice(0, 16)
}

async function build(workers: Readonly<Record<string, string>>, folder: string): Promise<void> {
  // Imported here: a gateway that serves no GraphiQL needs no bundler.
  const esbuild = await import('esbuild')
  await esbuild.build({
    entryPoints: { page: join(here, 'page.ts'), ...workers },
    outdir: folder,
    bundle: true,
    format: 'iife',
    target: 'es2022',
    minify: true,
    legalComments: 'none',
    logLevel: 'error',
    define: { 'process.env.NODE_ENV': '"production"' },
    loader: { '.ttf': 'dataurl', '.woff2': 'dataurl' },
  })
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
