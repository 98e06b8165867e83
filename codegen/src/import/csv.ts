import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'
import { CsvError, type Info, parse } from 'csv-parse'
import type { SourceRef } from './mapping.ts'
import { malformed, type Source, type SourceRow } from './source.ts'

/** A CSV file (RFC 4180, UTF-8, a header line), streamed: memory does not grow with the file. */
export async function openCsv(ref: SourceRef): Promise<Source> {
  let rows = 0
  let columns: readonly string[] = []
  for await (const { record } of records(ref)) {
    if (rows === 0) columns = header(ref, record)
    rows++
  }
  if (rows === 0) malformed(ref, 1, 'the file is empty; its first line must name the columns')
  return {
    name: ref.name,
    spelling: ref.spelling,
    rows: rows - 1,
    columns,
    textual: true,
    read: () => read(ref, columns),
  }
}

function header(ref: SourceRef, record: readonly string[]): readonly string[] {
  const columns = record.map(column => column.trim())
  const twice = columns.find((column, i) => columns.indexOf(column) < i)
  if (twice !== undefined) malformed(ref, 1, `the header names the column "${twice}" twice`)
  return columns
}

async function* read(ref: SourceRef, columns: readonly string[]): AsyncIterable<SourceRow> {
  const places = new Map(columns.map((column, i) => [column, i]))
  let row = 0
  for await (const { record, info } of records(ref)) {
    if (row > 0) {
      yield {
        row,
        line: info.lines,
        value: column => record[places.get(column) ?? -1] || null,
      }
    }
    row++
  }
}

async function* records(
  ref: SourceRef,
): AsyncIterable<{ readonly record: readonly string[]; readonly info: Info }> {
  const text = Readable.from(decode(ref))
  const parser = parse({
    bom: true,
    delimiter: ref.delimiter,
    info: true,
    record_delimiter: LINE_ENDS,
    skip_empty_lines: true,
  })
  // A stream's errors do not travel along pipe.
  text.once('error', error => parser.destroy(error))
  text.pipe(parser)
  try {
    for await (const each of parser) yield each
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    malformed(ref, typeof error.lines === 'number' ? error.lines : null, error.message)
  } finally {
    text.destroy()
  }
}

/** Files edited on several systems mix them. */
const LINE_ENDS = ['\r\n', '\n', '\r']

async function* decode(ref: SourceRef): AsyncIterable<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let line = 1
  for await (const chunk of createReadStream(ref.file)) {
    yield decoded(ref, line, () => decoder.decode(chunk, { stream: true }))
    line += (chunk as Uint8Array).reduce((lines, byte) => (byte === NEWLINE ? lines + 1 : lines), 0)
  }
  yield decoded(ref, line, () => decoder.decode())
}

const NEWLINE = 10

/** `line` is where the chunk began: as near as a streaming decoder can tell. */
function decoded(ref: SourceRef, line: number, decode: () => string): string {
  try {
    return decode()
  } catch {
    return malformed(ref, null, `is not UTF-8 (from line ${line} on); save it in that encoding`)
  }
}
