import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildAll, built, PACKAGES } from './build.ts'
import { capture, root } from './command.ts'

interface Packed {
  readonly name: string
  readonly filename: string
  readonly files: readonly { readonly path: string }[]
}

/** What our users do: in an empty project, without our sources and without the condition that leads to them. */
describe('the packages', () => {
  let project: string
  let packed: readonly Packed[]
  beforeAll(async () => {
    project = mkdtempSync(join(tmpdir(), 'zg-packages-'))
    await buildAll()
    const listed = await sure('npm', [
      'pack',
      '--json',
      '--silent',
      '--ignore-scripts',
      `--pack-destination=${project}`,
      ...PACKAGES.map(built),
    ])
    packed = JSON.parse(listed.slice(listed.search(/^\[/m)))
    write('package.json', JSON.stringify({ name: 'somebody', private: true, type: 'module' }))
    await sure(
      'npm',
      [
        'install',
        '--prefer-offline',
        '--no-audit',
        '--no-fund',
        '--silent',
        ...packed.map(({ filename }) => `./${filename}`),
      ],
      project,
    )
  }, 300_000)
  afterAll(() => rmSync(project, { recursive: true, force: true }))

  const write = (name: string, text: string) => writeFileSync(join(project, name), text)

  async function sure(command: string, args: readonly string[], cwd = root): Promise<string> {
    // A condition in the environment would lead back to the sources.
    const { code, output } = await capture(command, args, { cwd, env: { ...process.env, NODE_OPTIONS: '' } })
    if (code !== 0) throw new Error(`${command} ${args.join(' ')}\n${output}`)
    return output
  }

  test('hold what runs, its types and a README; neither sources nor tests', () => {
    expect(packed.map(({ name }) => name)).toEqual([
      '@zg/core',
      '@zg/schema-builder',
      '@zg/store',
      '@zg/client',
      '@zg/gateway',
      'zg',
    ])
    for (const { name, files } of packed) {
      const paths = files.map(({ path }) => path)
      expect([name, paths.filter(path => path === 'README.md' || path === 'package.json').length]).toEqual([
        name,
        2,
      ])
      expect(paths.filter(path => /^src\/|\.(test|suite|fixture|bench|test-d)\./.test(path))).toEqual([])
      for (const path of paths.filter(one => one.endsWith('.js'))) {
        expect(paths).toContain(path.replace(/\.js$/, '.d.ts'))
      }
    }
  })

  test('hold the documents of what is stored and sent, which others write their side by', () => {
    const documents = packed.flatMap(({ files }) => files.map(({ path }) => path))
    expect(documents.filter(path => /^dist\/.*\.md$/.test(path)).sort()).toEqual([
      'dist/act/PUSH.md',
      'dist/change/CHANGE.md',
      'dist/change/MERGE.md',
      'dist/import/MAPPING.md',
      'dist/ir/LOCK.md',
      'dist/ports/CURSOR.md',
      'dist/replica/DISK.md',
      'dist/sync/PROTOCOL.md',
      'dist/sync/SESSION.md',
    ])
  })

  test('run: a schema, a store, a mutation and its answer', async () => {
    write('run.js', EXAMPLE)
    expect(await sure('node', ['run.js'], project)).toBe(
      '{"movies":{"nodes":[{"title":"Alien","likes":"1"}]}}\n',
    )
  }, 60_000)

  test('have types for those who use them', async () => {
    write(
      'typed.ts',
      `${EXAMPLE}\nconst wrong: number = store.catalog\nconst right: string = ir.entities[0]!.name\n`,
    )
    write(
      'tsconfig.json',
      JSON.stringify({
        compilerOptions: {
          module: 'nodenext',
          target: 'es2023',
          strict: true,
          noEmit: true,
          skipLibCheck: true,
          types: [],
          lib: ['es2023', 'dom'],
        },
        files: ['typed.ts'],
      }),
    )
    const { output } = await capture(join(root, 'node_modules/.bin/tsc'), ['--project', project], {
      cwd: project,
    })
    const errors = output.split('\n').filter(line => line.includes('error'))
    expect(errors).toHaveLength(1)
    expect(errors[0]).toContain("Type 'Catalog' is not assignable to type 'number'")
  }, 60_000)

  test('bring the zg command', async () => {
    const { version } = JSON.parse(readFileSync(join(root, 'codegen/package.json'), 'utf8'))
    const zg = join(project, 'node_modules/.bin/zg')
    expect((await sure(zg, ['--version'], project)).trim()).toBe(version)
    await sure(zg, ['init', 'mine'], project)
    expect(await sure(zg, ['generate', 'mine'], project)).toContain('schema.graphql')
    expect(readFileSync(join(project, 'mine/generated/schema.graphql'), 'utf8')).toContain('type Query')
  }, 60_000)

  test.each(PACKAGES)('%s: every name of the public list is in the README', folder => {
    const lists = ['index.ts', 'graphql.ts'].flatMap(name => {
      try {
        return [readFileSync(join(root, folder, 'src', name), 'utf8')]
      } catch {
        return []
      }
    })
    const names = lists.flatMap(text =>
      [...text.matchAll(/^export (?:type )?\{([^}]*)\}/gm)].flatMap(([, items = '']) =>
        items.split(',').map(item => item.trim().replace(/^.* as /, '')),
      ),
    )
    const readme = readFileSync(join(root, folder, 'README.md'), 'utf8')
    expect(names.filter(name => name && !readme.includes(`\`${name}\``))).toEqual([])
  })
})

const EXAMPLE = `
import { entity, f, model } from '@zg/schema-builder'
import { storeApi } from '@zg/gateway'
import { openDatabase, openStore } from '@zg/store'
import { compareHlc } from '@zg/core'
import { parse } from 'graphql'

const Movie = entity({ id: f.id(), title: f.string(), likes: f.counter() })
const { ir } = model({ open: true, entities: { Movie } }).define()
const database = await openDatabase({})
const store = await openStore(database, ir)
const api = storeApi(store)
const signal = AbortSignal.timeout(20000)
const create = parse('mutation { createMovie(input: { title: "Alien", likes: { increment: 1 } }) { __typename } }')
await api.execute({ document: create, signal })
const { data } = await api.execute({ document: parse('{ movies { nodes { title likes } } }'), signal })
console.log(JSON.stringify(data))
await store.close()
await database.close()
if (compareHlc('a', 'b') > 0) throw new Error('order')
`
