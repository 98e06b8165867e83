import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, expect, test } from 'vitest'
import { projectFolder } from './served.fixture.ts'

const ROWS = 6_000
const SCHEMA = `import { entity, f, model } from '@zg/schema-builder'

const Item = entity({ id: f.id({ key: 'code' }), code: f.string().once(), note: f.string() })
export default model({ open: true, entities: { Item } }).define()
`
const MAPPING = {
  format: 1,
  sources: { items: { file: 'items.csv' } },
  rules: [{ entity: 'Item', from: 'items', fields: { code: { column: 'code' }, note: { column: 'note' } } }],
}

const root = join(import.meta.dirname, '../../..')
const { folder, remove } = projectFolder('crash-import', SCHEMA)
afterAll(remove)

const command = (...args: string[]) => ['--conditions=@zg/source', 'codegen/src/commands/zg.ts', ...args]
const zg = (...args: string[]) => promisify(execFile)(process.execPath, command(...args), { cwd: root })

test('an import killed with -9 in the middle is completed by running it again', {
  timeout: 120_000,
}, async () => {
  const mapping = join(folder, 'items.mapping.json')
  const lines = Array.from({ length: ROWS }, (_, i) => `c${i},note ${i}`)
  writeFileSync(join(folder, 'items.csv'), `code,note\n${lines.join('\n')}\n`)
  writeFileSync(mapping, JSON.stringify(MAPPING))
  await zg('generate', folder)

  const child = spawn(process.execPath, command('import', mapping, folder), { cwd: root, stdio: 'pipe' })
  const exited = once(child, 'exit')
  child.stderr.on('data', text => {
    if (/[3-7]0%/.test(String(text))) child.kill('SIGKILL')
  })
  expect(await exited).toEqual([null, 'SIGKILL'])

  const report = JSON.parse((await zg('import', mapping, folder, '--json')).stdout)
  expect(report).toMatchObject({ complete: true, refused: [] })
  const [counts] = JSON.parse(
    (
      await zg(
        'sql',
        'select (select count(*) from item) as rows, (select count(*) from zg.log) as changes',
        folder,
        '--json',
      )
    ).stdout,
  )
  expect(counts).toEqual({ rows: String(ROWS), changes: String(ROWS) })
  // Something of the first run was kept, or this test has killed it too early to mean anything.
  expect(JSON.stringify(report)).toMatch(/"unchanged":\s*[1-9]/)
})
