import { catalog } from '@zg/core/ir/catalog'
import { checkModel } from '@zg/core/ir/check'
import type { ModelIR } from '@zg/core/ir/ir'
import { names } from '@zg/core/ir/names'
import type { Reader } from '@zg/core/ports/reader'
import { ANONYMOUS, MAIN } from '@zg/core/ports/scope'
import fc from 'fast-check'
import { type GraphQLSchema, parse, validate } from 'graphql'
import { expect, test } from 'vitest'
import { batchedLoads } from '../execute/batched.ts'
import { createContext } from '../execute/context.ts'
import { execute } from '../execute/execute.ts'
import { directLoads } from '../execute/loads.ts'
import type { Services } from '../execute/services.ts'
import { textOf } from '../execute/text.ts'
import { graphqlSchema } from '../schema.ts'
import { type Asked, anyDocument, chosen } from '../testing/document.suite.ts'
import { later } from '../testing/later.suite.ts'
import { anyModel } from '../testing/model.suite.ts'
import { anyRows } from '../testing/rows.suite.ts'

/** 60 in CI; `ZG_PLANS=2000` on demand. */
const MODELS = Number(process.env.ZG_PLANS ?? 60)
const DOCUMENTS = 40

const model = anyModel.filter(ir => ir.entities.length > 0 && checkModel(ir).length === 0)
const choices = fc.array(fc.nat(9_999), { minLength: 30, maxLength: 300, size: 'max' })

/** What one document was answered, and what that depended on. */
interface Answer {
  readonly text: string
  readonly touched: readonly string[]
  /** By a plan, to its end. */
  readonly planned: boolean
}

async function answers(
  schema: GraphQLSchema,
  services: Services,
  { text, variables }: Asked,
): Promise<{ readonly plan: Answer; readonly oracle: Answer }> {
  const one = async (plans: boolean): Promise<Answer> => {
    const contextValue = createContext(services)
    const document = parse(text)
    const result = await execute({ schema, document, variableValues: variables, contextValue }, { plans })
    return {
      text: textOf(result),
      touched: [...contextValue.zg.touched].sort(),
      planned: Object.getOwnPropertyDescriptor(result, 'data')?.get !== undefined,
    }
  }
  return { plan: await one(true), oracle: await one(false) }
}

function servicesOf(ir: ModelIR, reader: Reader, ports: 'now' | 'later'): Services {
  const unused = () => {
    throw new Error('Only reads were expected')
  }
  const writer = { commit: unused }
  return {
    ...(ports === 'now' ? { reader, writer } : later({ reader, writer })),
    feed: { follow: unused, touches: unused, replicate: unused },
    host: { now: unused, random: unused, setTimer: unused },
    scope: { tenant: MAIN, principal: ANONYMOUS },
    catalog: catalog(ir),
    names: names(ir).names,
    loads: ports === 'now' ? directLoads : batchedLoads,
  }
}

test.each(['now', 'later'] as const)(
  `whatever is asked of whatever there is, a plan answers what graphql does, to the byte: ports answering %s`,
  { timeout: MODELS * 4_000 },
  async ports => {
    const count = { asked: 0, planned: 0, errors: 0 }
    await fc.assert(
      fc.asyncProperty(
        model,
        choices,
        fc.array(choices, { minLength: DOCUMENTS, maxLength: DOCUMENTS }),
        async (ir, data, lists) => {
          const schema = graphqlSchema({ ir })
          const { reader, ids } = anyRows(ir, chosen(data))
          const services = servicesOf(ir, reader, ports)
          const cursors: string[] = []
          for (const list of lists) {
            const asked = anyDocument(schema, 'query', chosen(list), { ids, cursors })
            if (validate(schema, parse(asked.text)).length) continue
            const { plan, oracle } = await answers(schema, services, asked)
            expect([asked.text, asked.variables, plan.text]).toEqual([
              asked.text,
              asked.variables,
              oracle.text,
            ])
            if (plan.planned) expect([asked.text, plan.touched]).toEqual([asked.text, oracle.touched])
            count.asked++
            if (plan.planned) count.planned++
            if (oracle.text.startsWith('{"errors"')) count.errors++
            cursors.push(...cursorsIn(JSON.parse(oracle.text)))
          }
        },
      ),
      { numRuns: MODELS, endOnFailure: true, asyncReporter: failed },
    )
    // The law would be empty if graphql had answered everything, or nothing had gone wrong.
    expect(count.asked).toBeGreaterThan(MODELS * 5)
    expect(count.planned).toBeGreaterThan(count.asked / 4)
    expect(count.errors).toBeGreaterThan(MODELS / 10)
  },
)

/** Without the choices that it came from, which would fill pages: the assertion has the document. */
async function failed<T>({ failed: is, seed, counterexamplePath, errorInstance }: fc.RunDetails<T>) {
  if (!is) return
  throw new Error(`Seed ${seed}, path ${counterexamplePath}`, { cause: errorInstance })
}

/** Page cursors are told by their length. */
function cursorsIn(answer: unknown): readonly string[] {
  if (typeof answer === 'string') return /^[\w-]{20,}$/.test(answer) ? [answer] : []
  if (typeof answer !== 'object' || answer === null) return []
  return Object.values(answer).flatMap(cursorsIn)
}
