import { checkModel } from '@zg/core/ir/check'
import fc from 'fast-check'
import { buildSchema, lexicographicSortSchema, printSchema, validateSchema } from 'graphql'
import { expect, test } from 'vitest'
import { graphqlSchema, sdl } from '../schema.ts'
import { anyModel } from '../testing/model.suite.ts'

/** 500 in CI; `ZG_MODELS=10000` on demand. */
const MODELS = Number(process.env.ZG_MODELS ?? 500)

test(
  `${MODELS} random models have problems, or a valid schema and sorted SDL that reads back as itself`,
  () => {
    let built = 0
    let refused = 0
    fc.assert(
      fc.property(anyModel, ir => {
        const problems = checkModel(ir)
        if (problems.length) {
          refused++
          for (const { code, message } of problems) expect([code, message]).not.toContain('')
          return
        }
        built++
        expect(validateSchema(graphqlSchema({ ir }))).toEqual([])
        const text = sdl(ir)
        expect(printSchema(lexicographicSortSchema(buildSchema(text)))).toBe(text)
      }),
      { numRuns: MODELS },
    )
    // The rest of the law is empty where there is nothing of a kind.
    expect(built).toBeGreaterThan(MODELS / 4)
    expect(refused).toBeGreaterThan(0)
  },
  MODELS * 300,
)
