import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { library } from './library.fixture.ts'
import { parseMapping } from './parse.ts'
import { type Shelf, scope } from './ports.fixture.ts'
import type { Report } from './report.ts'
import { type ImportRequest, runImport } from './run.ts'

/** Imports `sources` (rows of JSON by file name, or CSV text) by `rules`. */
export async function run(
  sources: { readonly [file: string]: unknown },
  rules: readonly object[],
  into: Shelf,
  more: Partial<ImportRequest> = {},
): Promise<Report> {
  const folder = await mkdtemp(join(tmpdir(), 'zg-import-'))
  try {
    for (const [file, content] of Object.entries(sources)) {
      await writeFile(join(folder, file), typeof content === 'string' ? content : JSON.stringify(content))
    }
    const names = Object.fromEntries(Object.keys(sources).map(file => [file.split('.')[0], file]))
    const parsed = parseMapping({ format: 1, sources: names, rules }, library, folder)
    if (parsed.kind === 'problems') throw new Error(JSON.stringify(parsed.problems))
    const { reader, writer } = into
    return await runImport({ mapping: parsed.mapping, catalog: library, reader, writer, scope, ...more })
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** By name, without the zeros. */
export function counts(report: Report) {
  return Object.fromEntries(
    report.counts.map(({ name, ...each }) => [
      name,
      Object.fromEntries(Object.entries(each).filter(([, count]) => count !== 0)),
    ]),
  )
}

export const BOOK = { entity: 'Book', from: 'books', fields: { isbn: 'isbn', title: 'title' } }
/** The rule for books, with more. */
export function book(fields: object, more: object = {}) {
  return { ...BOOK, fields: { ...BOOK.fields, ...fields }, ...more }
}
export const books = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ isbn: `b${i}`, title: `T${i}` }))
