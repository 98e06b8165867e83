import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import graphqlEslint from '@graphql-eslint/eslint-plugin'
import { checkModel } from '@zg/core/ir/check'
import { Linter } from 'eslint'
import fc from 'fast-check'
import {
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isObjectType,
} from 'graphql'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { requireOrSkip } from '../../../scripts/testing/require.ts'
import { graphqlSchema, sdl } from '../schema.ts'
import { anyModel } from '../testing/model.suite.ts'

const require = createRequire(import.meta.url)
/** The compiler's binary; it has none for some machines. */
const relay: string | null = require('relay-compiler')
const there = requireOrSkip('relay', relay !== null, 'its compiler does not run on this machine')

let room: string
beforeAll(() => {
  room = mkdtempSync(join(tmpdir(), 'zg-relay-'))
})
afterAll(() => rmSync(room, { recursive: true, force: true }))

const model = anyModel.filter(ir => ir.entities.length > 0 && checkModel(ir).length === 0)

test.skipIf(!there)(
  "20 random models: Relay's compiler takes the schema, paginates every connection and refetches every node",
  () => {
    let connections = 0
    fc.assert(
      fc.property(model, ir => {
        const text = documents(graphqlSchema({ ir }))
        connections += text.match(/@connection/g)?.length ?? 0
        expect(compiled(sdl(ir), text)).toEqual({ status: 0, output: '' })
      }),
      { numRuns: 20 },
    )
    expect(connections).toBeGreaterThan(20)
  },
  120_000,
)

test("20 random models: graphql-eslint's relay rules find nothing", () => {
  fc.assert(
    fc.property(model, ir => {
      expect(linted(sdl(ir))).toEqual([])
    }),
    { numRuns: 20 },
  )
}, 120_000)

test('both judges find a connection without cursors', () => {
  const text = `interface Node { id: ID! }
    type Query { node(id: ID!): Node  posts(first: Int, after: String): PostConnection! }
    type Post implements Node { id: ID! }
    type PostEdge { node: Post! }
    type PostConnection { edges: [PostEdge!]!  pageInfo: PageInfo! }
    type PageInfo { hasNextPage: Boolean! hasPreviousPage: Boolean! startCursor: String endCursor: String }`
  expect(linted(text)).toContain('@graphql-eslint/relay-edge-types')
  const query =
    'graphql`query anyQuery { posts(first: 1) @connection(key: "any_posts") { edges { node { id } } } }`'
  expect(compiled(text, query).status).not.toBe(0)
})

/** Runs the compiler over one module in a folder of its own; the output is what it complains of. */
function compiled(
  schema: string,
  module: string,
): { readonly status: number | null; readonly output: string } {
  const folder = mkdtempSync(join(room, 'project-'))
  for (const name of ['src', 'artifacts']) mkdirSync(join(folder, name))
  const config = {
    src: './src',
    schema: './schema.graphql',
    language: 'javascript',
    artifactDirectory: './artifacts',
  }
  writeFileSync(join(folder, 'relay.config.json'), JSON.stringify(config))
  writeFileSync(join(folder, 'schema.graphql'), schema)
  writeFileSync(join(folder, 'src/any.js'), module)
  const { status, stdout, stderr } = spawnSync(String(relay), ['relay.config.json'], {
    cwd: folder,
    encoding: 'utf8',
  })
  return { status, output: status === 0 ? '' : `${stdout}${stderr}` }
}

/** The names of the rules that are broken. */
function linted(text: string): readonly (string | null)[] {
  const { parser, rules } = graphqlEslint
  const config = {
    files: ['**/*.graphql'],
    plugins: { '@graphql-eslint': { rules } },
    languageOptions: { parser, parserOptions: { graphQLConfig: { schema: text } } },
    rules: {
      '@graphql-eslint/relay-arguments': 'error',
      '@graphql-eslint/relay-connection-types': 'error',
      // `nodes` beside `edges` is a list, too.
      '@graphql-eslint/relay-edge-types': ['error', { listTypeCanWrapOnlyEdgeType: false }],
      '@graphql-eslint/relay-page-info': 'error',
    },
  }
  const found = new Linter().verify(text, [config as never], 'schema.graphql')
  return found.map(({ ruleId, message }) => ruleId ?? message)
}

/** A module of fragments: each node refetched by its id, each connection of it and of the query paginated. */
function documents(schema: GraphQLSchema): string {
  const nodes = schema.getPossibleTypes(schema.getType('Node') as never)
  const query = schema.getQueryType() as GraphQLObjectType
  const roots = pagers(query).map(name => fragment(query, [name]))
  // All connections of a type in one fragment would need a cursor each: one fragment per connection, and one without.
  const own = nodes.flatMap(type => [fragment(type, []), ...pagers(type).map(name => fragment(type, [name]))])
  return [...roots, ...own].join('\n')
}

function fragment(type: GraphQLObjectType, connections: readonly string[]): string {
  const name = `any_${type.name}_${connections.join('')}`
  const lists = connections.map(
    field =>
      `${field}(first: $count, after: $cursor) @connection(key: "${name}_${field}") { edges { cursor node { id } } }`,
  )
  const variables = connections.length
    ? '@argumentDefinitions(count: { type: "Int", defaultValue: 10 }, cursor: { type: "String" })'
    : ''
  const id = type.name === 'Query' ? [] : ['id']
  return `graphql\`fragment ${name} on ${type.name} @refetchable(queryName: "any${name}Refetch") ${variables} {
    ${[...id, ...lists].join('\n')}
  }\`;`
}

function pagers(type: GraphQLObjectType): readonly string[] {
  return Object.values(type.getFields())
    .filter(field => isConnection(field))
    .map(({ name }) => name)
}

function isConnection({ type }: GraphQLField<unknown, unknown>): boolean {
  const named: GraphQLNamedType = getNamedType(type)
  return isObjectType(named) && 'edges' in named.getFields()
}
