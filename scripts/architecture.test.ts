import { expect, test } from 'vitest'
import { readFiles } from './architecture/files.ts'
import { check, type Rule } from './architecture.ts'
import { root } from './command.ts'

test('the repository keeps to its architecture', () => {
  const files = readFiles(root)
  expect(files.size).toBeGreaterThan(20)
  expect(check(files).map(({ rule, file, why }) => `${file}: ${rule}: ${why}`)).toEqual([])
})

const manifests = {
  'package.json': { name: 'root', devDependencies: { vitest: '1', 'fast-check': '1' } },
  'core/package.json': { name: '@zg/core', dependencies: { yjs: '1' } },
  'schema-builder/package.json': {
    name: '@zg/schema-builder',
    dependencies: { graphql: '1', '@pothos/core': '1' },
  },
  'store/package.json': { name: '@zg/store', dependencies: { postgres: '1' } },
  'gateway/package.json': {
    name: '@zg/gateway',
    dependencies: { graphql: '1' },
    devDependencies: { react: '1' },
  },
  'client/package.json': { name: '@zg/client', peerDependencies: { react: '1' } },
  'codegen/package.json': { name: 'zg', dependencies: { ejs: '1' } },
  'examples/movies/package.json': { name: '@zg/example-movies', dependencies: {} },
}

function checkPlanted(files: Readonly<Record<string, string>>) {
  const texts = Object.entries(manifests).map(([path, json]) => [path, JSON.stringify(json)] as const)
  return check(new Map([...texts, ...Object.entries(files)]))
}

const allowed: readonly (readonly [what: string, file: string, text: string])[] = [
  [
    'core folders in the order of the table',
    'core/src/act/a.ts',
    "import '../query/q.ts'; import '../change/c.ts'",
  ],
  ['top-level files of core', 'core/src/change/a.ts', "import { type Problem } from '../problem.ts'"],
  ['core by its package name', 'store/src/a.ts', "import '@zg/core/change/clock'"],
  ['own npm packages, by subpath too', 'core/src/text.ts', "import 'yjs/dist/y.js'"],
  ['node: in the store', 'store/src/a.ts', "import 'node:fs'"],
  ['tables inside the store', 'store/src/a.ts', "import './tables/film.ts'"],
  ['the tables of the store in a generator', 'codegen/src/generator/a.ts', "import '@zg/store/tables/film'"],
  ['the tables as one file', 'codegen/src/generator/a.ts', "import '@zg/store/tables'"],
  [
    'store and gateway in a command',
    'codegen/src/commands/a.ts',
    "import '@zg/store/a'; import '@zg/gateway/a'",
  ],
  ['the generator in a command', 'codegen/src/commands/a.ts', "import '../generator/a.ts'"],
  ['schema-builder in client/graphql', 'client/src/graphql/a.ts', "import '@zg/schema-builder/bind'"],
  ['peers in the client', 'client/src/a.tsx', "import 'react'; export const a = <p>{'a'}</p>"],
  ['the public list in an example', 'examples/movies/src/a.ts', "import '@zg/schema-builder'"],
  ['the public list in a test', 'gateway/src/a.fixture.ts', "import '@zg/schema-builder'"],
  ['vitest, node: and test support in a test', 'core/src/a.test.ts', "import 'vitest'; import 'node:fs'"],
  ['test support in a test', 'store/src/a.pg.test.ts', "import '../../scripts/testing/pg.ts'"],
  ['a suite in a test', 'core/src/memory/a.test.ts', "import '../ports/reader.suite.ts'"],
  ['bundled packages in the page', 'gateway/src/graphiql/page.ts', "import 'react'"],
  [
    'a mention in a comment or a string',
    'core/src/a.ts',
    "// import 'node:fs'\nexport const a = \"import 'node:fs'\"",
  ],
]

test.each(allowed)('allowed: %s', (_, file, text) => {
  expect(checkPlanted({ [file]: text })).toEqual([])
})

const planted: readonly (readonly [rule: Rule, file: string, text: string])[] = [
  ['unknown folder', 'helpers/src/a.ts', ''],
  ['folder table', 'core/src/a.ts', "import '@zg/store/a'"],
  ['folder table', 'core/src/a.ts', "import '@zg/schema-builder/a'"],
  ['folder table', 'schema-builder/src/a.ts', "import '@zg/store/a'"],
  ['folder table', 'store/src/a.ts', "import '@zg/schema-builder/a'"],
  ['folder table', 'store/src/a.ts', "import '@zg/gateway/a'"],
  ['folder table', 'gateway/src/a.ts', "import '@zg/client/a'"],
  ['folder table', 'gateway/src/a.ts', "import 'zg/commands/dev'"],
  ['folder table', 'client/src/a.ts', "import '@zg/gateway/a'"],
  ['folder table', 'client/src/a.ts', "import '@zg/store/a'"],
  ['folder table', 'client/src/graphql/a.ts', "import '@zg/store/a'"],
  ['folder table', 'client/src/replica/a.ts', "import '@zg/schema-builder/bind'"],
  ['folder table', 'codegen/src/generator/a.ts', "import '@zg/store/log'"],
  ['folder table', 'codegen/src/writer/a.ts', "import '@zg/gateway/a'"],
  ['folder table', 'codegen/src/loader/a.ts', "import '../commands/dev.ts'"],
  ['folder table', 'gateway/src/a.ts', "import 'zg/generator/a'"],
  ['folder table', 'store/src/a.ts', "import '@zg/example-movies/a'"],
  ['folder table', 'store/src/a.ts', "import '../../scripts/testing/pg.ts'"],
  ['folder table', 'store/src/a.test.ts', "import '../../scripts/command.ts'"],
  ['folder table', 'store/src/a.ts', "new Worker(new URL('../../gateway/src/a.ts', import.meta.url))"],
  ['core folders', 'core/src/change/a.ts', "import type { IR } from '../ir/ir.ts'"],
  ['core folders', 'core/src/change/a.ts', "export type A = import('../ir/ir.ts').A"],
  ['core folders', 'core/src/change/kinds/a.ts', "export type { A } from '../../ir/ir.ts'"],
  ['core folders', 'core/src/ir/a.ts', "import '../query/q.ts'"],
  ['core folders', 'core/src/ir/a.ts', "export * from '../change/c.ts'"],
  ['core folders', 'core/src/query/a.ts', "import '../policy/p.ts'"],
  ['core folders', 'core/src/query/a.ts', "import '../change/c.ts'"],
  ['core folders', 'core/src/policy/a.ts', "import '../act/a.ts'"],
  ['core folders', 'core/src/policy/a.ts', "import '../change/c.ts'"],
  ['core folders', 'core/src/act/a.ts', "import '../memory/m.ts'"],
  ['core folders', 'core/src/act/a.ts', "import type { Writer } from '../ports/writer.ts'"],
  ['core folders', 'core/src/sync/a.ts', "import '../tree/t.ts'"],
  ['core folders', 'core/src/tree/a.ts', "await import('../ports/p.ts')"],
  ['core folders', 'core/src/ports/a.ts', "import '../memory/m.ts'"],
  ['core folders', 'core/src/memory/a.ts', "import '../sync/s.ts'"],
  ['core folders', 'core/src/json.ts', "import './ir/ir.ts'"],
  ['core folders', 'core/src/attic/a.ts', "import '../ir/ir.ts'"],
  ['runtime', 'core/src/a.ts', "import 'node:crypto'"],
  ['runtime', 'core/src/a.ts', "import 'crypto'"],
  ['runtime', 'schema-builder/src/a.ts', "import type { Server } from 'node:http'"],
  ['runtime', 'client/src/a.ts', "import 'node:fs'"],
  ['npm package', 'core/src/a.ts', "import 'graphql'"],
  ['npm package', 'store/src/a.ts', "import 'yjs'"],
  ['npm package', 'core/src/a.ts', "import 'vitest'"],
  ['npm package', 'core/src/a.test.ts', "import 'left-pad'"],
  ['npm package', 'gateway/src/a.ts', "import 'react'"],
  ['npm package', 'examples/movies/a.ts', "import 'zod'"],
  ['by package name', 'store/src/a.ts', "import '../../core/src/json.ts'"],
  ['no barrel', 'store/src/a.ts', "import '@zg/core'"],
  ['no barrel', 'core/src/ir/a.ts', "import '../index.ts'"],
  ['tests are leaves', 'core/src/ir/a.ts', "import './film.fixture.ts'"],
  ['tests are leaves', 'store/src/a.ts', "import '@zg/core/ports/reader.suite'"],
  // In two parts, since this is a test, too.
  ['own chance', 'store/src/a.test.ts', `const n = Math${'.random()'}`],
  ['own chance', 'store/src/a.fixture.ts', `const draw = Math${'.random'}`],
]

test.each(planted)('%s: a violation in %s is reported: %s', (rule, file, text) => {
  expect(checkPlanted({ [file]: text })).toMatchObject([{ rule, file }])
})

test('yjs in a second file of core is reported', () => {
  const text = "import * as Y from 'yjs'"
  expect(checkPlanted({ 'core/src/change/text.ts': text, 'core/src/change/text.test.ts': text })).toEqual([])
  expect(checkPlanted({ 'core/src/change/text.ts': text, 'core/src/query/text.ts': text })).toMatchObject([
    { rule: 'one file only', file: 'core/src/query/text.ts' },
  ])
})

test.each([
  ['values', "import './b.ts'", "import './a.ts'"],
  ['types', "import type { B } from './b.ts'", "export type { A } from './a.ts'"],
  ['types by import()', "export type B = import('./b.ts').B", "import { type A } from './a.ts'"],
])('an import cycle of %s is reported', (_, a, b) => {
  const files = { 'core/src/ir/a.ts': a, 'core/src/ir/b.ts': b, 'core/src/ir/c.ts': "import './a.ts'" }
  expect(checkPlanted(files)).toMatchObject([{ rule: 'cycle' }])
})

test('a cycle across packages and one of a file with itself are reported', () => {
  const across = { 'store/src/a.ts': "import '@zg/gateway/b'", 'gateway/src/b.ts': "import '@zg/store/a'" }
  expect(checkPlanted(across).map(violation => violation.rule)).toContain('cycle')
  expect(checkPlanted({ 'store/src/a.ts': "import './a.ts'" })).toMatchObject([{ rule: 'cycle' }])
})

test('a worker that imports the types of its starter is no cycle', () => {
  const files = {
    'store/src/text.ts': "new Worker(new URL('./worker.ts', import.meta.url))",
    'store/src/worker.ts': "import type { Message } from './text.ts'",
  }
  expect(checkPlanted(files)).toEqual([])
})
