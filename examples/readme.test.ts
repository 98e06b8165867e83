import { execFile, execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { createGateway } from '@zg/gateway/gateway'
import { storeApi } from '@zg/gateway/store-api'
import { f } from '@zg/schema-builder'
import { graphqlSchema } from '@zg/schema-builder/schema'
import { memoryDatabase } from '@zg/store/database.fixture'
import { openStore } from '@zg/store/store'
import { parse, validate } from 'graphql'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { requireOrSkip } from '../scripts/testing/require.ts'
import movies from './movies/schema.ts'

const root = join(import.meta.dirname, '..')
const readme = readFileSync(join(root, 'README.md'), 'utf8')
const python = requireOrSkip('python', hasPython())
/** Inside the repository, where `@zg/*` resolve; ignored by git. */
const room = join(root, '.cache', `readme-${process.pid}`)
const run = promisify(execFile)

function snippets(language: string): readonly string[] {
  const fence = new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms')
  return [...readme.matchAll(fence)].map(match => match[1] ?? '')
}

function node(...args: string[]) {
  return run(process.execPath, ['--conditions=@zg/source', ...args], { cwd: root })
}

beforeAll(() => mkdirSync(room, { recursive: true }))
afterAll(() => rmSync(room, { recursive: true, force: true }))

describe('the snippets of the README', () => {
  const [first = '', own = ''] = snippets('ts')

  test('the first one has at most 25 lines, runs, and prints the film it made', async () => {
    const file = join(room, 'first.ts')
    writeFileSync(file, first)
    expect(first.trim().split('\n').length).toBeLessThanOrEqual(25)
    const { stdout } = await node(file)
    expect(JSON.parse(stdout)).toEqual({
      movies: { nodes: [{ title: 'Alien', likes: '1', reviews: { nodes: [] } }] },
    })
  })

  test('that of the schema builder runs and prints a valid schema', async () => {
    const text = readFileSync(join(root, 'schema-builder', 'README.md'), 'utf8')
    const file = join(room, 'builder.ts')
    const print = "import { printSchema } from 'graphql'\nconsole.log(printSchema(schema))\n"
    writeFileSync(file, `${/^```ts\n(.*?)^```/ms.exec(text)?.[1]}${print}`)
    const { stdout } = await node(file)
    expect(stdout).toMatch(/type Post implements Node {[^}]* {2}minutes: Int!\n[^}]* {2}score: Float\n/)
  })

  test('that of the schema builder tells of every kind of field and every modifier', () => {
    const text = readFileSync(join(root, 'schema-builder', 'README.md'), 'utf8').replaceAll(/<\w+>\(/g, '(')
    const modifiers = Object.keys(f.string()).filter(name => name !== 'spec')
    expect(modifiers.length).toBeGreaterThan(10)
    const names = [...Object.keys(f).map(kind => `f.${kind}(`), ...modifiers.map(name => `.${name}(`)]
    expect(names.filter(name => !text.includes(`\`${name}`))).toEqual([])
  })

  test('what was generated for the examples is what their schemas make', async () => {
    for (const example of ['movies', 'chinook']) {
      await node('codegen/src/commands/zg.ts', 'generate', '--check', join('examples', example))
    }
  })

  test('your own schema is what zg init writes', async () => {
    const folder = join(room, 'my-app')
    await node('codegen/src/commands/zg.ts', 'init', folder)
    expect(readFileSync(join(folder, 'schema.ts'), 'utf8')).toBe(own)
  })

  test('its operations are valid, and the mutation applies', async () => {
    const file = join(room, 'own.ts')
    writeFileSync(file, own)
    const { default: defined } = (await import(pathToFileURL(file).href)) as { default: typeof movies }
    const schema = graphqlSchema(defined)
    const operations = parse(snippets('graphql').join('\n')).definitions.map(definition => ({
      kind: 'Document' as const,
      definitions: [definition],
    }))
    expect(operations).toHaveLength(5)
    expect(
      operations.flatMap(operation => validate(schema, operation as Parameters<typeof validate>[1])),
    ).toEqual([])
  })

  test.skipIf(!python)('the Python client reads a film and likes it', async () => {
    const database = await memoryDatabase()
    const store = await openStore(database, movies.ir)
    const api = storeApi(store)
    const gateway = await createGateway({
      api,
      port: 0,
      host: '127.0.0.1',
      introspection: false,
      door: { origins: [], local: true },
      report: error => {
        throw error
      },
    })
    try {
      const document = parse(
        `mutation { createMovie(input: { title: "Aliens", released: "1986-07-18" }) { __typename } }`,
      )
      await api.execute({ document, signal: AbortSignal.timeout(5_000) })
      const [python = ''] = snippets('python')
      const script = python.replace('http://localhost:4000', `http://127.0.0.1:${gateway.port}`)
      expect((await run('python3', ['-c', script])).stdout).toBe('Aliens 1\n')
    } finally {
      await gateway.close()
      await store.close()
      await database.close()
    }
  })

  test('the files it links to exist', () => {
    const links = [...readme.matchAll(/\]\(([^)#:]+)\)/g)].map(match => match[1] ?? '')
    expect(links.length).toBeGreaterThan(4)
    for (const link of links) expect(() => readFileSync(join(root, link)), link).not.toThrow()
  })
})

function hasPython(): boolean {
  try {
    execFileSync('python3', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
