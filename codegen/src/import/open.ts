import { readFile } from 'node:fs/promises'
import { ProblemError, problem } from '@zg/core/problem'
import { openCsv } from './csv.ts'
import { openJson } from './json.ts'
import type { SourceRef } from './mapping.ts'
import type { Source } from './source.ts'

/**
 * Opens every source and reads it through once: so what is malformed is told before anything is written, and
 * progress knows its total. Throws a ProblemError with everything wrong: `SOURCE_MISSING`, `SOURCE_MALFORMED`.
 * JSON files are held in memory while the import runs, CSV files are streamed.
 */
export async function openSources(refs: readonly SourceRef[]): Promise<ReadonlyMap<string, Source>> {
  const files = new Map<string, Promise<Uint8Array>>()
  const load = (file: string) => {
    const loading = files.get(file) ?? readFile(file)
    files.set(file, loading)
    return loading
  }
  const opened = await Promise.allSettled(
    refs.map(async ref => (ref.format === 'csv' ? openCsv(ref) : openJson(ref, await load(ref.file)))),
  )
  const problems = opened.flatMap((result, i) => {
    const ref = refs[i] as SourceRef
    return result.status === 'rejected' ? explain(ref, result.reason) : []
  })
  if (problems.length) throw new ProblemError(problems)
  return new Map(
    opened.flatMap(result => (result.status === 'fulfilled' ? [[result.value.name, result.value]] : [])),
  )
}

function explain(ref: SourceRef, reason: unknown) {
  if (reason instanceof ProblemError) return reason.problems
  const code = (reason as NodeJS.ErrnoException).code
  const path = ['sources', ref.name]
  if (code === 'ENOENT') return [problem('SOURCE_MISSING', path, `There is no file ${ref.file}`)]
  if (code === 'EISDIR') return [problem('SOURCE_MISSING', path, `${ref.file} is a folder, not a file`)]
  if (code === 'EACCES') return [problem('SOURCE_MISSING', path, `${ref.file} may not be read`)]
  throw reason
}
