import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from './command.ts'
import { type Tally, tally } from './tally.ts'

// `npm test`: every check, whatever the ones before said. Arguments go to Vitest: npm test -- store/src/log

const checks: readonly (readonly [name: string, script: string])[] = [
  ['types', 'typecheck'],
  ['format and lint', 'lint'],
  ['unused code', 'knip'],
]

const broken: string[] = []
for (const [name, script] of checks) {
  console.log(`\n== ${name}: npm run ${script}`)
  if ((await run('npm', ['run', '--silent', script])) !== 0) broken.push(name)
}

console.log('\n== tests: vitest')
const tests = await vitest(process.argv.slice(2))
if (tests.passed + tests.failed === 0) broken.push('tests (none ran)')

console.log()
if (broken.length > 0) console.log(`Failed checks: ${broken.join(', ')}`)
if (tests.skipped > 0) console.log(`${tests.skipped} skipped`)
console.log(`${tests.passed} passed, ${tests.failed + broken.length} failed`)
process.exitCode = tests.failed + broken.length === 0 ? 0 : 1

async function vitest(filters: readonly string[]): Promise<Tally> {
  const room = mkdtempSync(join(tmpdir(), 'zg-test-'))
  const file = join(room, 'report.json')
  try {
    const code = await run('vitest', [
      'run',
      ...filters,
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${file}`,
    ])
    const counted = tally(JSON.parse(readFileSync(file, 'utf8')))
    return { ...counted, failed: counted.failed === 0 && code !== 0 ? 1 : counted.failed }
  } catch (error) {
    // Without a report Vitest itself has failed, and said why above.
    console.error(error)
    return { passed: 0, failed: 1, skipped: 0 }
  } finally {
    rmSync(room, { recursive: true, force: true })
  }
}
