import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import type { Catalog } from '@zg/core/ir/catalog'
import { ProblemError, problem } from '@zg/core/problem'
import { errorOffset } from './json-error.ts'
import type { Mapping } from './mapping.ts'
import { parseMapping } from './parse.ts'

/** Reads a mapping file. Throws a ProblemError that lists everything wrong with it: `BAD_MAPPING`. */
export async function loadMapping(file: string, catalog: Catalog): Promise<Mapping> {
  const text = await readFile(file, 'utf8').catch(error => {
    const remedy = error.code === 'ENOENT' ? 'there is no such file' : error.message
    throw new ProblemError([problem('BAD_MAPPING', [], `${file}: ${remedy}`)])
  })
  const parsed = parseMapping(parseJson(file, text.replace(/^\ufeff/, '')), catalog, dirname(resolve(file)))
  if (parsed.kind === 'problems') throw new ProblemError(parsed.problems)
  return parsed.mapping
}

function parseJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    const line = text.slice(0, errorOffset(text)).split('\n').length
    throw new ProblemError([problem('BAD_MAPPING', [], `${file}, line ${line}: ${(error as Error).message}`)])
  }
}
