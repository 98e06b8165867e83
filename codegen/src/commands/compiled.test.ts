import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '../../..')

/** What Node says of its cache while zg prints its version. */
function start(): string {
  const { NODE_COMPILE_CACHE: _, NODE_DISABLE_COMPILE_CACHE: __, ...env } = process.env
  const { stderr, stdout, status } = spawnSync(
    process.execPath,
    ['--conditions=@zg/source', 'codegen/src/commands/zg.ts', '--version'],
    { cwd: root, encoding: 'utf8', env: { ...env, NODE_DEBUG_NATIVE: 'COMPILE_CACHE' } },
  )
  expect(status).toBe(0)
  return `${stdout}${stderr}`
}

test('a start finds compiled what one before it has compiled, beside the packages', () => {
  start()
  const said = start()
  expect(said).toMatch(/resolved path \S*[\\/]node_modules[\\/]\.cache[\\/]zg[\\/]compiled /)
  for (const file of ['codegen/src/commands/program.ts', 'core/src/ir/hash.ts']) {
    expect(said).toMatch(new RegExp(`for ESM file://\\S*/${file} was accepted`))
  }
})
