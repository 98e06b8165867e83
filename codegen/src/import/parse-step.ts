import type { Json } from '@zg/core/json'
import { dateFormat, exists } from './date.ts'
import type { Reading } from './reading.ts'
import { reread } from './reread.ts'
import type { Step } from './step.ts'

const PLAIN = ['trim', 'text', 'number', 'nullIfEmpty'] as const
const ALL = [...PLAIN, '{ date }', '{ values }', '{ split }', '{ reread }']

/** The list under `as`: names of steps, or objects for those that have settings. */
export function parseSteps(reading: Reading, json: unknown, path: readonly string[]): readonly Step[] {
  return reading.list(json, path).flatMap((step, i) => parseStep(reading, step, [...path, String(i)]) ?? [])
}

function parseStep(reading: Reading, json: unknown, path: readonly string[]): Step | null {
  const plain = PLAIN.find(name => name === json)
  if (plain) return { kind: plain }
  if (reading.has(json, 'date')) return parseDate(reading, json, path)
  if (reading.has(json, 'values')) return parseValues(reading, json, path)
  if (reading.has(json, 'split')) {
    return {
      kind: 'split',
      by: reading.text(reading.record(json, path, ['split']).get('split'), [...path, 'split']),
    }
  }
  if (reading.has(json, 'reread')) return parseReread(reading, json, path)
  reading.bad(path, `must be one of: ${ALL.join(', ')}`)
  return null
}

function parseDate(reading: Reading, json: unknown, path: readonly string[]): Step | null {
  const step = reading.record(json, path, ['date', 'latest'])
  const spelling = reading.text(step.get('date'), [...path, 'date'])
  const latest = step.has('latest') ? reading.text(step.get('latest'), [...path, 'latest']) : null
  if (latest && !exists(latest)) {
    reading.bad([...path, 'latest'], 'must be a day, as YYYY-MM-DD')
    return null
  }
  const format = dateFormat(spelling, latest)
  if (typeof format !== 'string') return { kind: 'date', spelling, latest, format }
  reading.bad([...path, 'date'], `"${spelling}" ${format}`)
  return null
}

function parseValues(reading: Reading, json: unknown, path: readonly string[]): Step {
  const values = reading.record(reading.record(json, path, ['values']).get('values'), [...path, 'values'])
  for (const [from, to] of values) {
    if (typeof to === 'object' && to !== null)
      reading.bad([...path, 'values', from], 'must be a single value or null')
  }
  return { kind: 'values', values: values as ReadonlyMap<string, Json> }
}

function parseReread(reading: Reading, json: unknown, path: readonly string[]): Step | null {
  const at = [...path, 'reread']
  const [wrong, right, ...more] = reading.list(reading.record(json, path, ['reread']).get('reread'), at)
  if (typeof wrong !== 'string' || typeof right !== 'string' || more.length) {
    reading.bad(at, 'must be two encodings: the one it was read with, and the one it is in')
    return null
  }
  const made = reread(wrong, right)
  if (typeof made !== 'string') return { kind: 'reread', encodings: [wrong, right], reread: made }
  reading.bad(at, made)
  return null
}
