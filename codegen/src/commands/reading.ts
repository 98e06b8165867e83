import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { type Problem, ProblemError, problem } from '@zg/core/problem'
import { loadSchema } from '../loader/loader.ts'
import { type Parsed, parseModel } from '../parser/parser.ts'
import type { Project } from '../project/project.ts'

/** A project's schema as it is on disk now, with the numbers of its lock. */
export type Reading = Extract<Parsed, { readonly kind: 'parsed' }> & {
  /** Another one as soon as one of the schema's files holds something else. */
  readonly source: string
}

export type ReadingResult = { readonly files: readonly string[] } & (
  | { readonly reading: Reading; readonly problems: null }
  | { readonly reading: null; readonly problems: readonly Problem[] }
)

/** Loader and parser in a row. `files` are those to watch, whatever came of them. */
export async function readSchema(project: Project): Promise<ReadingResult> {
  const loaded = await loadSchema(project.schema, project.folder)
  const { files } = loaded
  if (loaded.kind === 'failed') return { files, reading: null, problems: [loaded.problem] }
  const parsed = parseModel(loaded.defined, await readLock(project.lock))
  return parsed.kind === 'parsed'
    ? { files, reading: { ...parsed, source: await hashOf(files) }, problems: null }
    : { files, reading: null, problems: parsed.problems }
}

/** The same for commands that cannot go on without. */
export async function requireSchema(project: Project): Promise<Reading> {
  const { reading, problems } = await readSchema(project)
  if (problems) throw new ProblemError(problems)
  return reading
}

async function hashOf(files: readonly string[]): Promise<string> {
  const hash = createHash('sha256')
  for (const file of files) hash.update(file).update(await readFile(file).catch(() => ''))
  return hash.digest('hex')
}

async function readLock(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw new ProblemError([
      problem('LOCK_UNREADABLE', [file], `Cannot read it: ${(error as Error).message}`),
    ])
  }
}
