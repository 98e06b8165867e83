import { buildSchema, getIntrospectionQuery } from 'graphql'
import { describe, expect, test } from 'vitest'
import { fakeApi } from './api.suite.ts'
import { checkDocument, checkVariables, parseDocument } from './document.ts'
import { post, serve } from './gateway.suite.ts'

/** What clients may rely on. */
const LIMITS = { depth: 24, aliases: 15, tokens: 10_000 }

const deep = (levels: number) => `${'{ self '.repeat(levels)}{ name }${' }'.repeat(levels)}`
const aliases = (count: number) => `{ ${Array.from({ length: count }, (_, i) => `a${i}: name`).join(' ')} }`
const bomb = `{ self { ...f0 } } ${Array.from(
  { length: 12 },
  (_, i) =>
    `fragment f${i} on Query { ${i === 11 ? 'name' : `a: self { ...f${i + 1} } b: self { ...f${i + 1} }`} }`,
).join(' ')}`

describe('a document beyond a limit is answered 400', () => {
  const documents: readonly [string, string][] = [
    ['a list literal 20,000 deep', `{ sum(of: ${'['.repeat(20_000)}${']'.repeat(20_000)}) }`],
    ['a list literal 2,000 deep', `{ sum(of: ${'['.repeat(2_000)}${']'.repeat(2_000)}) }`],
    ['a list literal 20,000 deep, unclosed', `{ sum(of: ${'['.repeat(20_000)}`],
    ['selections too deep', deep(LIMITS.depth + 1)],
    ['selections 20,000 deep', deep(20_000)],
    ['too many aliases', aliases(LIMITS.aliases + 1)],
    ['fragments that double twelve times', bomb],
    ['too many tokens', `{ ${'name '.repeat(LIMITS.tokens)} }`],
  ]
  test.each(documents)('%s', async (_, query) => {
    const { status, body } = await post(await serve(fakeApi('one')), { query })
    expect(status).toBe(400)
    expect(body.errors[0].extensions.code).toBe('DOCUMENT_LIMIT')
  })

  test('variables 20,000 deep', async () => {
    const body = `{"query":"{ name }","variables":{"a":${'['.repeat(20_000)}${']'.repeat(20_000)}}}`
    const answer = await post(await serve(fakeApi('one')), body)
    expect(answer.status).toBe(400)
    expect(answer.body.errors[0].extensions.code).toBe('DOCUMENT_LIMIT')
  })
})

test('circular fragments end in an error, not in a loop', async () => {
  const query = '{ ...a } fragment a on Query { self { ...b } } fragment b on Query { self { ...a } }'
  const { status, body } = await post(await serve(fakeApi('one')), { query })
  expect(status).toBe(400)
  expect(body.errors[0].message).toContain('Cannot spread fragment "a" within itself')
})

test('a document at the limits passes', () => {
  const schema = fakeApi('one').schema
  expect(checkDocument(schema, parseDocument(deep(LIMITS.depth - 1)), { introspection: true })).toEqual([])
  expect(checkDocument(schema, parseDocument(aliases(LIMITS.aliases)), { introspection: true })).toEqual([])
  expect(checkVariables({ a: [{ b: [1] }] })).toBeUndefined()
})

test('GraphiQL`s introspection passes when introspection is on, and only then', () => {
  const schema = buildSchema('type Query { name: String }')
  const document = parseDocument(getIntrospectionQuery({ inputValueDeprecation: true, oneOf: true }))
  expect(checkDocument(schema, document, { introspection: true })).toEqual([])
  expect(checkDocument(schema, document, { introspection: false })[0]?.message).toContain('introspection')
})

test('circular introspection is refused', () => {
  const query =
    '{ __schema { types { fields { type { fields { type { fields { type { fields { name } } } } } } } } } }'
  const schema = buildSchema('type Query { name: String }')
  expect(checkDocument(schema, parseDocument(query), { introspection: true })).not.toEqual([])
})

test('names are suggested only where the schema may be read', async () => {
  const message = async (introspection: boolean) => {
    const { body } = await post(await serve(fakeApi('one'), { introspection }), { query: '{ nam }' })
    return body.errors[0].message
  }
  expect(await message(true)).toBe('Cannot query field "nam" on type "Query". Did you mean "name" or "sum"?')
  expect(await message(false)).toBe('Cannot query field "nam" on type "Query".')
})
