import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { extname, join, normalize, resolve } from 'node:path'
import type { SourceRef } from './mapping.ts'
import type { Reading } from './reading.ts'

/** `{ file, at, delimiter, format }`, or the file alone. */
export function parseSource(reading: Reading, name: string, json: unknown, folder: string): SourceRef {
  const path = ['sources', name]
  const spelled = typeof json === 'string' ? { file: json } : json
  const source = reading.record(spelled, path, ['file', 'format', 'at', 'delimiter'])
  const spelling = reading.text(source.get('file'), [...path, 'file'])
  const format = source.get('format') ?? extname(spelling).slice(1).toLowerCase()
  if (spelling && format !== 'json' && format !== 'csv') {
    reading.bad([...path, 'format'], 'must be "json" or "csv" where the name of the file does not say it')
  }
  const at = source.has('at') ? reading.list(source.get('at'), [...path, 'at']) : []
  if (at.some(member => typeof member !== 'string'))
    reading.bad([...path, 'at'], 'must be a list of member names')
  if (at.length && format === 'csv') reading.bad([...path, 'at'], 'is for JSON: a CSV file holds one list')
  const delimiter = source.has('delimiter')
    ? reading.text(source.get('delimiter'), [...path, 'delimiter'])
    : ','
  if (source.has('delimiter') && format === 'json') reading.bad([...path, 'delimiter'], 'is for CSV')
  return {
    name,
    spelling,
    file: locate(reading, spelling, folder, [...path, 'file']),
    format: format === 'csv' ? 'csv' : 'json',
    at: at.map(String),
    delimiter,
  }
}

/** `npm:<package>/<path>` lies in an installed package, anything else is relative to the mapping. */
function locate(reading: Reading, spelling: string, folder: string, path: readonly string[]): string {
  if (!spelling.startsWith('npm:')) return resolve(folder, spelling)
  const parts = PACKAGE.exec(spelling)
  const inside = normalize(parts?.[2] ?? '')
  if (!parts || inside.startsWith('..')) {
    reading.bad(path, 'must be npm:<package>/<path of the file in it>')
    return ''
  }
  // Not require.resolve: packages list what may be imported, and data files are seldom among it.
  const folders = createRequire(join(folder, 'mapping.json')).resolve.paths(parts[1] ?? '') ?? []
  const found = folders
    .map(each => join(each, parts[1] ?? ''))
    .find(each => existsSync(join(each, 'package.json')))
  if (found) return join(found, inside)
  reading.bad(path, `the package ${parts[1]} is not installed; run: npm install ${parts[1]}`)
  return ''
}

const PACKAGE = /^npm:((?:@[^/]+\/)?[^/@]+)\/(.+)$/
