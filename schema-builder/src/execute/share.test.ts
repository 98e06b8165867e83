import SchemaBuilder from '@pothos/core'
import { filmModel } from '@zg/core/ir/film.fixture'
import { ANONYMOUS, type Scope } from '@zg/core/ports/scope'
import { parse } from 'graphql'
import { expect, test } from 'vitest'
import ZG from '../plugin/index.ts'
import { shareOf } from './share.ts'

const film = { ir: filmModel }
const b = new SchemaBuilder<{ ZG: typeof film }>({ plugins: [ZG], zg: { model: film } })
b.subscriptionField('own', t => t.int({ subscribe: async function* () {}, resolve: () => 1 }))
const schema = b.toSchema()
const scope: Scope = { tenant: 'main', principal: ANONYMOUS }
const share = (
  text: string,
  variableValues: { [name: string]: unknown } = {},
  operationName?: string,
  as = scope,
) => shareOf(schema, { document: parse(text), variableValues, operationName }, as)

const LIST = 'subscription ($first: Int) { films(first: $first) { nodes { title } } }'

test('the same document, variables and scope make the same key, in any order', () => {
  const two = 'subscription ($a: Int, $b: ID!) { films(first: $a) { nodes { id } } }'
  expect(share(two, { a: 1, b: 'x' })).toEqual(share(two, { b: 'x', a: 1 }))
  expect(share(LIST)?.whole).toBe(true)
})

test('another document, variable, operation, tenant or principal makes another', () => {
  const principal = { id: 'did:key:a', roles: ['editor'], claims: { team: 1 } }
  const scopes: Scope[] = [
    scope,
    { ...scope, tenant: 'other' },
    { tenant: 'main', principal },
    { tenant: 'main', principal: { ...principal, id: 'did:key:b' } },
    { tenant: 'main', principal: { ...principal, roles: [] } },
    { tenant: 'main', principal: { ...principal, claims: { team: 2 } } },
  ]
  const both = `subscription A { films { nodes { id } } } subscription B { films(first: 1) { nodes { id } } }`
  const keys = [
    ...scopes.map(as => share(LIST, {}, undefined, as)),
    share(LIST, { first: 1 }),
    share('subscription { films { nodes { title } } }'),
    share(both, {}, 'A'),
    share(both, {}, 'B'),
  ].map(found => found?.key)
  expect(keys.every(key => typeof key === 'string')).toBe(true)
  expect(new Set(keys).size).toBe(keys.length)
})

test.each([
  ['subscription { film(id: "film_a") { id } }', {}, true],
  ['subscription { node(id: "film_a") { id } }', {}, true],
  ['subscription { ...F } fragment F on Subscription { films { nodes { id } } }', {}, true],
  ['subscription { ... on Subscription { filmChanges { cursor } } }', {}, false],
  ['subscription { filmChanges(since: null) { cursor } }', {}, false],
  ['subscription ($s: Cursor) { filmChanges(since: $s) { cursor } }', {}, false],
  ['subscription ($s: Cursor) { filmChanges(since: $s) { cursor } }', { s: null }, false],
])('%s with %j may be shared', (text, variables, whole) => {
  expect(share(text, variables)).toMatchObject({ whole, resumes: false })
})

test('the position a feed is asked from makes no other key, and says that the asker resumes', () => {
  const text =
    'subscription ($s: Cursor, $y: Int) { filmChanges(since: $s, where: { year: { eq: $y } }) { cursor } }'
  const now = share(text, { y: 1 })
  for (const s of ['c1.x', 'c1.y', 'START'])
    expect(share(text, { s, y: 1 })).toEqual({ ...now, resumes: true })
  expect(share(text, { s: null, y: 1 })).toEqual(now)
  expect(share(text, { s: 'c1.x', y: 2 })?.key).not.toBe(now?.key)
  expect(share('subscription { filmChanges(since: "c1.x") { cursor } }')?.resumes).toBe(true)
  expect(share('subscription ($s: Cursor = "c1.x") { filmChanges(since: $s) { cursor } }')?.resumes).toBe(
    true,
  )
})

test.each([
  [
    'subscription ($s: Cursor) { filmChanges(since: $s) { cursor } ... on Subscription { filmChanges(since: $s) { cursor } } }',
    { s: 'c1.x' },
  ],
  ['subscription { own }', {}],
  ['{ films { nodes { id } } }', {}],
  ['subscription ($x: Int) { films(first: $x) { nodes { id } } }', { x: Number.NaN }],
])("%s with %j is its asker's own", (text, variables) => {
  expect(share(text, variables)).toBeNull()
})
