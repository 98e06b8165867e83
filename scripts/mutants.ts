import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { root } from './command.ts'
import { type Result, tryMutants } from './mutants/run.ts'
import { startCluster } from './testing/cluster.ts'

const usage = `npm run mutants [-- options]

Applies each patch of mutants/ in a scratch copy and demands that the test it names fails. See mutants/README.md.

  --only <text>   only the patches whose name contains the text (may be repeated)
  --kills <test>  demands it of this test instead, e.g. sim/src/seeds.test.ts: which laws does it hold, too?
  --tested        the tests have just passed on this tree, as in CI: spares running each once more before planting bugs
  --help`

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    kills: { type: 'string' },
    tested: { type: 'boolean', default: false },
    help: { type: 'boolean' },
  },
})

if (values.help) console.log(usage)
else process.exitCode = await main(values.only ?? [], values.kills, values.tested)

async function main(only: readonly string[], test: string | undefined, tested: boolean): Promise<number> {
  const folder = join(root, 'mutants')
  const names = readdirSync(folder)
    .filter(name => name.endsWith('.patch'))
    .filter(name => only.length === 0 || only.some(text => name.includes(text)))
  const patches = new Map(
    names.sort().map(name => [name.slice(0, -'.patch'.length), readFileSync(join(folder, name), 'utf8')]),
  )
  const started = performance.now()
  const needsPostgres = [...patches.values()].some(text => /^# kills: .*\.pg\.test\.ts$/m.test(text))
  // One server for all; every test file makes its own database.
  const cluster = needsPostgres && !process.env.DATABASE_URL ? await startCluster() : undefined
  const width = Math.max(0, ...[...patches.keys()].map(name => name.length))
  const line = ({ name, killed, kills, why, seed, seconds }: Result): string => {
    const end = killed ? (seed === undefined ? '' : `  seed ${seed}`) : `\n        ${why}`
    return `${killed ? 'killed' : 'FAILED'}  ${name.padEnd(width)}  ${seconds.toFixed(1).padStart(6)} s  ${kills}${end}`
  }
  const results = await tryMutants(root, {
    patches,
    ...(test ? { kills: test } : {}),
    tested,
    env: patch => (cluster && patch.kills.endsWith('.pg.test.ts') ? { DATABASE_URL: cluster.url } : {}),
    report: result => console.log(line(result)),
  }).finally(() => cluster?.stop())

  const failed = results.filter(result => !result.killed)
  if (patches.size === 0)
    console.log(only.length > 0 ? 'No patch has such a name.' : 'There are no mutants yet.')
  if (failed.length > 0) console.log(`\nNot killed:\n${failed.map(line).join('\n')}`)
  console.log(`\n${results.length} mutants in ${((performance.now() - started) / 1000).toFixed(0)} s`)
  console.log(`${results.length - failed.length} passed, ${failed.length} failed`)
  return failed.length > 0 || patches.size === 0 ? 1 : 0
}
