import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { root as repository } from '../command.ts'
import { parsePatch } from './patch.ts'
import { tryMutants } from './run.ts'

// A workspace of two packages, as small as it can be: the test in `app` reads `lib` by its package name.
const files: Readonly<Record<string, string>> = {
  'package.json': '{ "type": "module", "workspaces": ["lib", "app"] }',
  '.gitignore': 'node_modules\n',
  'lib/package.json': '{ "name": "@zg/lib", "type": "module", "exports": "./sum.ts" }',
  'lib/sum.ts': 'export function sum(a: number, b: number): number {\n  return a + b\n}\n',
  'app/sum.test.ts': `import { expect, test } from 'vitest'
    import { sum } from '@zg/lib'
    test('adds', () => expect(sum(2, 2)).toBe(4))`,
  'app/red.test.ts': "import { expect, test } from 'vitest'\ntest('is red', () => expect(1).toBe(2))",
  'app/seeds.test.ts': `import { expect, test } from 'vitest'
    import { sum } from '@zg/lib'
    test('every seed', () => expect([17].flatMap(seed => (sum(2, 2) === 4 ? [] : [\`seed \${seed}: adds wrong\`])).join()).toBe(''))`,
  'app/skipped.test.ts': "import { test } from 'vitest'\ntest.skip('sleeps', () => {})",
  'vitest.config.ts': 'export default { test: { experimental: { viteModuleRunner: false } } }',
}

function patch(to: string, kills = 'app/sum.test.ts', from = '  return a + b'): string {
  return `# kills: ${kills}
# law: The sum of two numbers is their sum.
--- a/lib/sum.ts
+++ b/lib/sum.ts
@@ -1,3 +1,3 @@
 export function sum(a: number, b: number): number {
-${from}
+${to}
 }
`
}

let root: string

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'zg-mutants-test-'))
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  mkdirSync(join(root, 'node_modules', '@zg'), { recursive: true })
  symlinkSync('../../lib', join(root, 'node_modules', '@zg', 'lib'))
  symlinkSync(join(repository, 'node_modules', 'vitest'), join(root, 'node_modules', 'vitest'))
  expect(spawnSync('git', ['init', '--quiet'], { cwd: root }).status).toBe(0)
})

afterAll(() => rmSync(root, { recursive: true, force: true }))

test('only a mutant that makes a test fail is killed', async () => {
  const patches = new Map([
    ['killed', patch('  return a - b')],
    ['survivor', patch('  return a * b')],
    ['stale', patch('  return a - b', 'app/sum.test.ts', '  return a+b')],
    ['unloadable', patch('  return a + b }}')],
    ['no test', patch('  return a - b', 'app/gone.test.ts')],
    ['red before', patch('  return a - b', 'app/red.test.ts')],
    ['skipped', patch('  return a - b', 'app/skipped.test.ts')],
    ['no law', patch('  return a - b').replace('# law', '# lore')],
    // Last, on a copy that has been broken and mended.
    ['killed again', patch('  return a - b')],
  ])
  const results = await tryMutants(root, { patches })
  const ends = Object.fromEntries(results.map(({ name, killed, why }) => [name, [killed, why]]))
  expect(ends).toEqual({
    killed: [true, expect.stringContaining('expected +0 to be 4')],
    survivor: [false, expect.stringContaining('SURVIVED')],
    stale: [false, expect.stringContaining('does not apply any more')],
    unloadable: [false, expect.stringContaining('does not load')],
    'no test': [false, expect.stringContaining('does not exist')],
    'red before': [false, expect.stringContaining('fails without the patch')],
    skipped: [false, expect.stringContaining('runs no test')],
    'no law': [false, expect.stringContaining("'# law: ...' is missing")],
    'killed again': [true, expect.stringContaining('expected +0 to be 4')],
  })
}, 60_000)

test('the report names the seed, and another test may be asked', async () => {
  const patches = new Map([['by hand', patch('  return a - b')]])
  const [byHand] = await tryMutants(root, { patches })
  expect(byHand).toMatchObject({ killed: true, kills: 'app/sum.test.ts' })
  expect(byHand).not.toHaveProperty('seed')
  const [bySeed] = await tryMutants(root, { patches, kills: 'app/seeds.test.ts' })
  expect(bySeed).toMatchObject({ killed: true, kills: 'app/seeds.test.ts', seed: '17' })
}, 60_000)

test('where the tests have just passed, none is run without a bug, and one that cannot notice is found all the same', async () => {
  const patches = new Map([
    ['killed', patch('  return a - b')],
    ['survivor', patch('  return a * b')],
    ['skipped', patch('  return a - b', 'app/skipped.test.ts')],
    ['no test', patch('  return a - b', 'app/gone.test.ts')],
  ])
  const results = await tryMutants(root, { patches, tested: true })
  const killed = results.filter(result => result.killed).map(({ name }) => name)
  expect(killed).toEqual(['killed'])
}, 60_000)

test.each([
  ['two files', `${patch('x')}${patch('y').split('\n').slice(2).join('\n')}`, 'exactly one file'],
  ['two lines', patch('  return a\n+  - b'), 'one line'],
  ['no diff', '# kills: a.test.ts\n# law: None.\n', 'exactly one file'],
])('a patch of %s is refused', (_, text, message) => {
  expect(() => parsePatch('odd', text)).toThrow(message)
})
