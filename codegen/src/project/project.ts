import { readdir, readFile, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { ProblemError, problem } from '@zg/core/problem'

/** A project: a folder with a schema file. All paths are absolute. */
export interface Project {
  readonly folder: string
  /** `schema.ts`, or the folder's only `*.schema.ts`. */
  readonly schema: string
  /** The numbers of everything in the schema; beside it, committed. */
  readonly lock: string
  /** What `zg generate` writes; made from the schema alone. */
  readonly generated: string
  /** What one process at a time holds: data, pid, socket. Never committed. */
  readonly data: string
  /** The documents that GraphiQL opens with: `*.graphql` files, in the order of their names. */
  readonly tabs: string
  /** The mapping file that `zg dev` imports into an empty database. */
  readonly seed: string | undefined
}

/** Finds the project in a folder; throws a ProblemError that says what is missing. */
export async function findProject(folder: string): Promise<Project> {
  const root = resolve(folder)
  const names = await list(root)
  const config = names.includes('package.json') ? await readConfig(join(root, 'package.json')) : {}
  const schema = config.schema ? join(root, config.schema) : join(root, schemaAmong(names, root))
  return {
    folder: root,
    schema,
    lock: join(dirname(schema), 'zg.lock.json'),
    generated: join(root, 'generated'),
    data: join(root, '.zg'),
    tabs: join(root, config.tabs ?? 'tabs'),
    seed: config.seed && join(root, config.seed),
  }
}

/** The texts of the tabs; none without the folder. */
export async function readTabs({ tabs }: Project): Promise<readonly string[]> {
  const names = await readdir(tabs).catch(() => [])
  const files = names.filter(name => name.endsWith('.graphql')).sort()
  return Promise.all(files.map(name => readFile(join(tabs, name), 'utf8')))
}

async function list(root: string): Promise<readonly string[]> {
  try {
    if ((await stat(root)).isDirectory()) return await readdir(root)
  } catch (error) {
    const reason =
      (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'There is no folder' : 'Cannot read the folder'
    throw refused(
      'NO_FOLDER',
      root,
      `${reason} ${root}. Name the folder of your schema, or run "zg init" to make one.`,
    )
  }
  throw refused('NO_FOLDER', root, `${root} is a file. Name the folder that your schema is in.`)
}

function schemaAmong(names: readonly string[], root: string): string {
  if (names.includes('schema.ts')) return 'schema.ts'
  const candidates = names.filter(name => name.endsWith('.schema.ts')).sort()
  const [only] = candidates
  if (only && candidates.length === 1) return only
  if (!only) {
    throw refused(
      'NO_SCHEMA',
      root,
      `${root} has no schema.ts. Run "zg init ${root}" to make one, or name another folder.`,
    )
  }
  const choice = `{ "zg": { "schema": "${only}" } }`
  throw refused(
    'MANY_SCHEMAS',
    root,
    `${root} has ${candidates.join(', ')}. Say in its package.json which one counts: ${choice}`,
  )
}

/** The `zg` member of package.json: `{ "schema", "seed", "tabs" }`, paths below the folder, all optional. */
async function readConfig(file: string): Promise<{ readonly [K in Setting]?: string }> {
  let parsed: unknown
  try {
    parsed = JSON.parse(await readFile(file, 'utf8'))
  } catch (error) {
    throw refused('BAD_CONFIG', file, `Cannot read ${file}: ${(error as Error).message}`)
  }
  const zg = member(parsed, 'zg')
  if (zg === undefined) return {}
  const known = Object.entries(isObject(zg) ? zg : {}).filter(
    ([name, value]) => isSetting(name) && typeof value === 'string',
  )
  if (!isObject(zg) || known.length < Object.keys(zg).length) {
    throw refused(
      'BAD_CONFIG',
      file,
      `"zg" in ${file} must be an object of ${SETTINGS.join(', ')}, each a path.`,
    )
  }
  return Object.fromEntries(known)
}

const SETTINGS = ['schema', 'seed', 'tabs'] as const
type Setting = (typeof SETTINGS)[number]

function isSetting(name: string): name is Setting {
  return (SETTINGS as readonly string[]).includes(name)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function member(value: unknown, name: string): unknown {
  return isObject(value) ? value[name] : undefined
}

function refused(code: string, path: string, message: string): ProblemError {
  return new ProblemError([problem(code, [path], message)])
}
