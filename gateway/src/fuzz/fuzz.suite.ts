import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { checkModel } from '@zg/core/ir/check'
import type { ModelIR } from '@zg/core/ir/ir'
import { anyModel } from '@zg/schema-builder/testing/model.suite'
import fc from 'fast-check'
import { type DocumentNode, parse, validate } from 'graphql'
import { expect, test } from 'vitest'
import type { Api } from '../api.ts'
import { createMask } from '../mask.ts'
import { storeApi } from '../store-api.ts'
import { anyDocument, chosen } from './document.suite.ts'
import type { OpenedModel } from './open.suite.ts'

/** What once went wrong, shrunk: these documents, one after another, on a new store of this model. */
interface Failure {
  readonly why: string
  readonly ir: ModelIR
  readonly documents: readonly string[]
}

const FAILURES = join(import.meta.dirname, 'failures')

const failures: readonly (readonly [string, Failure])[] = readdirSync(FAILURES)
  .filter(name => name.endsWith('.json'))
  .map(name => [name, JSON.parse(readFileSync(join(FAILURES, name), 'utf8'))])

const model = anyModel.filter(ir => ir.entities.length > 0 && checkModel(ir).length === 0)
const choices = fc.array(fc.nat(999), { maxLength: 150, size: 'max' })
/** Mutations first, so that there is something to read. */
const documents = fc.tuple(
  fc.array(choices, { minLength: 1, maxLength: 60, size: 'max' }),
  fc.array(choices, { minLength: 1, maxLength: 60, size: 'max' }),
)

/**
 * Random documents against the random data that random mutations leave: whatever is asked, nothing that the gateway
 * would have to hide (`INTERNAL`) comes out. `seconds` of it.
 */
export function fuzzSuite(name: string, open: Open, seconds: number): void {
  const limit = { timeout: (seconds * 3 + 120) * 1_000 }
  test(`${name}: no document makes an INTERNAL error, for ${seconds} s`, limit, async () => {
    const count = { asked: 0, data: 0 }
    await fc.assert(
      fc.asyncProperty(model, documents, async (ir, lists) => {
        const opened = await open(ir)
        try {
          await askAll(storeApi(opened.store), ir, lists, count)
        } finally {
          await opened.close()
        }
      }),
      { numRuns: 1_000_000, interruptAfterTimeLimit: seconds * 1_000, markInterruptAsFailure: false },
    )
    // If everything were refused, the law would say nothing.
    expect(count.asked).toBeGreaterThan(10)
    expect(count.data).toBeGreaterThan(5)
  })
}

/** All that went wrong before. */
export function replaySuite(name: string, open: Open): void {
  test.each(failures)(`${name}: %s`, async (_, { ir, documents }) => {
    const opened = await open(ir)
    try {
      const api = storeApi(opened.store)
      for (const text of documents) expect([text, await broken(api, parse(text))]).toEqual([text, []])
    } finally {
      await opened.close()
    }
  })
}

type Open = (ir: ModelIR) => Promise<OpenedModel>
type Choices = readonly (readonly number[])[]

/** Throws, with all that was asked so far, at the first error that the gateway would hide. */
async function askAll(
  api: Api,
  ir: ModelIR,
  [writes, reads]: readonly [Choices, Choices],
  count: { asked: number; data: number },
): Promise<void> {
  const texts: string[] = []
  const ids: string[] = []
  const asked = [
    ...writes.map(list => ({ operation: 'mutation', list }) as const),
    ...reads.map(list => ({ operation: 'query', list }) as const),
  ]
  for (const { operation, list } of asked) {
    const text = anyDocument(api.schema, operation, chosen(list), ids)
    const document = parse(text)
    // Custom scalars refuse some values.
    if (validate(api.schema, document).length) continue
    texts.push(text)
    count.asked++
    const errors = await broken(api, document, answer => {
      count.data++
      ids.push(...idsIn(answer))
    })
    if (errors.length) throw new Error(failureOf(errors, ir, texts))
  }
}

/** What the gateway would hide, as text. */
async function broken(
  api: Api,
  document: DocumentNode,
  answered?: (data: unknown) => void,
): Promise<string[]> {
  const hidden: string[] = []
  const mask = createMask({
    suggestions: false,
    reference: () => 'r',
    report: error => hidden.push(error instanceof Error ? (error.stack ?? error.message) : String(error)),
  })
  try {
    const { data, errors } = await api.execute({ document, signal: AbortSignal.timeout(30_000) })
    for (const error of errors ?? []) mask(error)
    if (data) answered?.(data)
  } catch (error) {
    mask(error)
  }
  return hidden
}

/** Ready to be kept in `failures/`. */
function failureOf(errors: readonly string[], ir: ModelIR, documents: readonly string[]): string {
  const failure: Failure = { why: errors[0]?.split('\n')[0] ?? '', ir, documents }
  return `${errors.join('\n')}\nKeep this as a file of gateway/src/fuzz/failures:\n${JSON.stringify(failure)}`
}

/** Every text of an answer that looks like an id. */
function idsIn(answer: unknown): readonly string[] {
  if (typeof answer === 'string') return /^p\d_/.test(answer) ? [answer] : []
  if (typeof answer !== 'object' || answer === null) return []
  return Object.values(answer).flatMap(idsIn)
}
