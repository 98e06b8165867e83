import type { Json } from '@zg/core/json'
import { ProblemError, problem } from '@zg/core/problem'
import type { Database } from '@zg/store/session'
import type { Store } from '@zg/store/store'
import type { Answer } from '../hold/line.ts'
import { importInto, reportJson } from './importing.ts'
import { querySql } from './query.ts'

/** What other commands may ask of the process that holds the data. */
export type Request =
  | { readonly kind: 'sql'; readonly text: string }
  /** `mapping` is an absolute path. */
  | { readonly kind: 'import'; readonly mapping: string; readonly update: boolean }

interface Holding {
  readonly database: Database
  /** The store in use right now. */
  readonly store: () => Store
}

export function answerRequests({ database, store }: Holding): Answer {
  return async (value, { signal, progress }) => {
    const request = parseRequest(value)
    if (request?.kind === 'sql') return querySql(database, request.text)
    if (request?.kind === 'import') {
      const { mapping, update } = request
      const onProgress = (at: { readonly done: number; readonly total: number; readonly name: string }) =>
        progress({ ...at })
      return reportJson(await importInto(store(), { mapping, update, signal, onProgress }))
    }
    const message = 'The running zg does not know this request. Is it of another version? Restart it.'
    throw new ProblemError([problem('BAD_REQUEST', [], message)])
  }
}

function parseRequest(value: Json): Request | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { kind, text, mapping, update } = value as { readonly [name: string]: Json }
  if (kind === 'sql' && typeof text === 'string') return { kind, text }
  if (kind === 'import' && typeof mapping === 'string') return { kind, mapping, update: update === true }
  return undefined
}
