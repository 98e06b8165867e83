import { ProblemError, problem } from '@zg/core/problem'
import { GraphQLError, Kind, type VariableDefinitionNode } from 'graphql'
import { expect, test } from 'vitest'
import { createMask } from './mask.ts'

/** What a stranger reads, and what was reported. */
function masked(error: unknown) {
  const reported: unknown[] = []
  const report = (hidden: unknown) => void reported.push(hidden)
  const { message, extensions } = createMask({ suggestions: true, report, reference: () => 'ref' })(error)
  return { message, code: extensions.code, reported }
}

/** As graphql-ws does with what a stream throws. */
const wrapped = (cause: Error) => new GraphQLError(cause.message, { originalError: cause })

test('what a stream breaks with is masked like everything else, though it has no path', () => {
  const bug = new Error('relation "zg.secret" does not exist')
  const message = 'Something went wrong at the gateway (reference ref).'
  expect(masked(wrapped(bug))).toEqual({ message, code: 'INTERNAL', reported: [bug] })
  const outage = new ProblemError([problem('UNAVAILABLE', [], 'The database does not answer.')])
  const told = { message: 'The database does not answer.', code: 'UNAVAILABLE', reported: [] }
  expect(masked(wrapped(outage))).toEqual(told)
})

test('what is wrong with a variable is told in the words of its scalar', () => {
  const nodes = { kind: Kind.VARIABLE_DEFINITION } as VariableDefinitionNode
  const error = new GraphQLError('Variable "$day" got invalid value; not a day', {
    nodes,
    originalError: new TypeError('not a day'),
  })
  expect(masked(error)).toMatchObject({ message: error.message, reported: [] })
})
