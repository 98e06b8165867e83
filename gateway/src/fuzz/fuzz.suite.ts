import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { checkModel } from '@zg/core/ir/check'
import type { ModelIR } from '@zg/core/ir/ir'
import { type Asked, anyDocument, chosen } from '@zg/schema-builder/testing/document.suite'
import { anyModel } from '@zg/schema-builder/testing/model.suite'
import fc from 'fast-check'
import { type ExecutionResult, parse, validate } from 'graphql'
import { expect, test } from 'vitest'
import { seedOf } from '../../../scripts/testing/seed.ts'
import type { Api } from '../api.ts'
import { createMask } from '../mask.ts'
import { storeApi } from '../store-api.ts'
import type { OpenedModel } from './open.suite.ts'

/** What once went wrong, shrunk: these documents, one after another, on a new store of this model. */
interface Failure {
  readonly why: string
  readonly ir: ModelIR
  /** Text alone, or with variables. */
  readonly documents: readonly (string | Asked)[]
}

const FAILURES = join(import.meta.dirname, 'failures')

const failures: readonly (readonly [string, Failure])[] = readdirSync(FAILURES)
  .filter(name => name.endsWith('.json'))
  .map(name => [name, JSON.parse(readFileSync(join(FAILURES, name), 'utf8'))])

const model = anyModel.filter(ir => ir.entities.length > 0 && checkModel(ir).length === 0)
const choices = fc.array(fc.nat(999), { maxLength: 150, size: 'max' })
/** Mutations first, so that there is something to read; subscriptions watch while one more is made. */
const documents = fc.tuple(
  fc.array(choices, { minLength: 1, maxLength: 60, size: 'max' }),
  fc.array(choices, { minLength: 1, maxLength: 60, size: 'max' }),
  fc.array(fc.tuple(choices, choices), { maxLength: 10, size: 'max' }),
)

/** How much of it: so many models, the same ones each time, and then others for so long. */
export interface Fuzz {
  readonly models: number
  readonly seconds: number
}

/**
 * Random documents against the random data that random mutations leave: whatever is asked, nothing that the gateway
 * would have to hide (`INTERNAL`) comes out.
 */
export function fuzzSuite(name: string, open: Open, { models, seconds }: Fuzz): void {
  const limit = { timeout: (seconds * 3 + 600) * 1_000 }
  const much = `for ${models} models${seconds ? ` and ${seconds} s more` : ''}`
  test(`${name}: no document makes an INTERNAL error, ${much}`, limit, async () => {
    const count = { asked: 0, data: 0, variables: 0, watched: 0 }
    const property = fc.asyncProperty(model, documents, async (ir, lists) => {
      const opened = await open(ir)
      try {
        await askAll(storeApi(opened.store), ir, lists, count)
      } finally {
        await opened.close()
      }
    })
    await fc.assert(property, { numRuns: models })
    if (seconds) {
      await fc.assert(property, {
        seed: seedOf(process.env.ZG_SEED) + 1,
        numRuns: 1_000_000,
        interruptAfterTimeLimit: seconds * 1_000,
        markInterruptAsFailure: false,
      })
    }
    // If everything were refused, the law would say nothing.
    expect(count.asked).toBeGreaterThan(10)
    expect(count.data).toBeGreaterThan(5)
    expect(count.variables).toBeGreaterThan(5)
    expect(count.watched).toBeGreaterThan(0)
  })
}

/** All that went wrong before. */
export function replaySuite(name: string, open: Open): void {
  test.each(failures)(`${name}: %s`, async (_, { ir, documents }) => {
    const opened = await open(ir)
    try {
      const api = storeApi(opened.store)
      for (const one of documents) {
        const asked = typeof one === 'string' ? { text: one, variables: {} } : one
        expect([asked.text, await broken(api, asked)]).toEqual([asked.text, []])
      }
    } finally {
      await opened.close()
    }
  })
}

type Open = (ir: ModelIR) => Promise<OpenedModel>
type Choices = readonly number[]

interface Count {
  asked: number
  /** Answers with data, documents with variables, results of subscriptions. */
  data: number
  variables: number
  watched: number
}

/** Throws, with all that was asked so far, at the first error that the gateway would hide. */
async function askAll(
  api: Api,
  ir: ModelIR,
  [writes, reads, watches]: readonly [
    readonly Choices[],
    readonly Choices[],
    readonly (readonly [Choices, Choices])[],
  ],
  count: Count,
): Promise<void> {
  const so: Asked[] = []
  const ids: string[] = []
  const made = (operation: Parameters<typeof anyDocument>[1], list: Choices): Asked | null => {
    const asked = anyDocument(api.schema, operation, chosen(list), { ids })
    // Custom scalars refuse some values.
    if (validate(api.schema, parse(asked.text)).length) return null
    so.push(asked)
    count.asked++
    if (Object.keys(asked.variables).length) count.variables++
    return asked
  }
  const ask = async (asked: Asked | null, meanwhile?: Asked | null): Promise<void> => {
    if (!asked) return
    const errors = await broken(
      api,
      asked,
      answer => {
        count.data++
        if (isSubscription(asked.text)) count.watched++
        ids.push(...idsIn(answer))
      },
      meanwhile ?? null,
    )
    if (errors.length) throw new Error(failureOf(errors, ir, so))
  }
  for (const list of writes) await ask(made('mutation', list))
  for (const list of reads) await ask(made('query', list))
  for (const [watch, write] of watches) await ask(made('subscription', watch), made('mutation', write))
}

/** What the gateway would hide, as text. `meanwhile` is asked once a subscription stands. */
async function broken(
  api: Api,
  { text, variables }: Asked,
  answered: (data: unknown) => void = () => {},
  meanwhile: Asked | null = null,
): Promise<string[]> {
  const hidden: string[] = []
  const mask = createMask({
    suggestions: false,
    reference: () => 'r',
    report: error => hidden.push(error instanceof Error ? (error.stack ?? error.message) : String(error)),
  })
  const take = ({ data, errors }: ExecutionResult): void => {
    for (const error of errors ?? []) mask(error)
    if (data) answered(data)
  }
  const end = AbortSignal.timeout(30_000)
  const request = { document: parse(text), variableValues: { ...variables } }
  try {
    if (isSubscription(text)) {
      const left = new AbortController()
      const results = await api.subscribe({ ...request, signal: AbortSignal.any([left.signal, end]) })
      if (!(Symbol.asyncIterator in results)) take(results)
      else await watched(results[Symbol.asyncIterator](), take, () => meanwhile && broken(api, meanwhile))
      left.abort()
    } else take(await api.execute({ ...request, signal: end }))
  } catch (error) {
    mask(error)
  }
  return hidden
}

/** A live query answers at once, a feed when something happens that it follows: it is given a little time for that. */
async function watched(
  results: AsyncIterator<ExecutionResult>,
  take: (result: ExecutionResult) => void,
  meanwhile: () => Promise<readonly string[]> | null,
): Promise<void> {
  const next = async (): Promise<void> => {
    const { value, done } = await results.next()
    if (!done) take(value)
  }
  const first = next()
  const [errors] = await Promise.all([meanwhile(), turns()])
  await Promise.race([first, turns()])
  await results.return?.()
  await first
  if (errors?.length) throw new Error(errors.join('\n'))
}

async function turns(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await new Promise(resolve => setImmediate(resolve))
}

function isSubscription(text: string): boolean {
  return text.startsWith('subscription')
}

/** Ready to be kept in `failures/`. */
function failureOf(errors: readonly string[], ir: ModelIR, documents: readonly Asked[]): string {
  const failure: Failure = { why: errors[0]?.split('\n')[0] ?? '', ir, documents }
  return `${errors.join('\n')}\nKeep this as a file of gateway/src/fuzz/failures:\n${JSON.stringify(failure)}`
}

/** Every text of an answer that looks like an id. */
function idsIn(answer: unknown): readonly string[] {
  if (typeof answer === 'string') return /^p\d_/.test(answer) ? [answer] : []
  if (typeof answer !== 'object' || answer === null) return []
  return Object.values(answer).flatMap(idsIn)
}
