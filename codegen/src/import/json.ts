import { isList, type Json } from '@zg/core/json'
import { errorOffset } from './json-error.ts'
import type { SourceRef } from './mapping.ts'
import { malformed, type Source, type SourceRow } from './source.ts'

/** The list of objects in a JSON file, or at the members `at` of it. */
export function openJson(ref: SourceRef, bytes: Uint8Array): Source {
  const rows = listAt(ref, parse(ref, bytes))
  const columns = new Set<string>()
  for (const [i, row] of rows.entries()) {
    if (!isRecord(row)) malformed(ref, null, `row ${i + 1} is no object`)
    for (const column of Object.keys(row)) columns.add(column)
  }
  return {
    name: ref.name,
    spelling: ref.spelling,
    rows: rows.length,
    columns: [...columns],
    textual: false,
    read: () => read(rows as readonly Record<string, Json>[]),
  }
}

function parse(ref: SourceRef, bytes: Uint8Array): Json {
  const text = decode(ref, bytes)
  try {
    return JSON.parse(text)
  } catch (error) {
    const line = text.slice(0, errorOffset(text)).split('\n').length
    return malformed(ref, line, (error as Error).message)
  }
}

/** Without the byte order mark that some editors leave. */
function decode(ref: SourceRef, bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return malformed(ref, null, 'is not UTF-8; save it in that encoding')
  }
}

function listAt(ref: SourceRef, json: Json): readonly Json[] {
  let found: Json | undefined = json
  for (const member of ref.at)
    found = isRecord(found) && Object.hasOwn(found, member) ? found[member] : undefined
  if (found !== undefined && isList(found)) return found
  const place = ref.at.length ? `at ${ref.at.join('.')}` : 'in the file'
  const has = isRecord(json) ? `; it has: ${Object.keys(json).slice(0, 20).join(', ')}` : ''
  return malformed(ref, null, `there is no list ${place}${has}`)
}

function isRecord(json: unknown): json is Readonly<Record<string, Json>> {
  return typeof json === 'object' && json !== null && !Array.isArray(json)
}

function* read(rows: readonly Record<string, Json>[]): Iterable<SourceRow> {
  for (const [i, row] of rows.entries()) {
    yield {
      row: i + 1,
      line: null,
      // Own members only: a column named like something every object has is still missing.
      value: column => (Object.hasOwn(row, column) ? (row[column] ?? null) : null),
    }
  }
}
