import { parseArgs } from 'node:util'
import { capture } from './command.ts'
import { seedOf } from './testing/seed.ts'

// `npm run test:full`: what `npm test` does a tenth of, or less, done as often as docs promise. Each part is an ordinary
// command with one of its knobs turned up; CONTRIBUTING.md says what each of them is.

interface Part {
  readonly name: string
  readonly what: string
  /** How much of it is the whole. */
  readonly figure: number
  readonly command: (figure: number) => readonly string[]
  /** The variable that the tests read the figure from. */
  readonly knob?: string
}

const simulate = (seeds: number): readonly string[] => {
  return ['npm', 'run', '--silent', 'sim', '--', '--seeds', String(seeds)]
}

const parts: readonly Part[] = [
  { name: 'sim', what: 'simulated histories', figure: 1_000_000, command: simulate },
  part('faults', 'times each fault of a real Postgres', 10, 'ZG_FAULTS', 'store/src/faults'),
  part('kills', 'gateways killed', 200, 'ZG_KILLS', 'codegen/src/commands/kill'),
  part('rows', 'rows told by feeds that stop anywhere', 1_000_000, 'ZG_ROWS', 'store/src/resume'),
  part('live', 'live results held to the query asked afresh', 50_000, 'ZG_LIVE', 'gateway/src/live'),
  part('shapes', 'histories followed on Postgres, by shapes', 300, 'ZG_SHAPES', 'store/src/feed/replicate'),
  part('parity', 'queries of SQL held to those in memory', 100_000, 'ZG_PARITY', 'store/src/reader'),
  part('poison', 'outboxes with poison in them', 5_000, 'ZG_POISON', 'gateway/src/sync/strangers'),
  part('replicas', 'histories of replicas and a gateway', 1_000, 'ZG_REPLICAS', 'client/test/histories'),
  part('plans', 'models asked by plans and by graphql-js', 600, 'ZG_PLANS', 'schema-builder/src/plan/plan'),
  part('models', 'random models', 10_000, 'ZG_MODELS', 'any-model'),
  part('fuzz', 'seconds of random documents', 300, 'ZG_FUZZ_SECONDS', 'gateway/src/fuzz'),
  part('garbage', 'seconds of garbage from strangers', 3_600, 'ZG_FUZZ_SECONDS', 'client/test/garbage'),
]

const usage = `npm run test:full [-- options]

Does what npm test does, as often as is promised. It takes hours; each part is done whatever became of the others.
Cases are drawn anew each time; ZG_SEED=17 before it draws those of a run that has printed this seed.

  --only <part>   only this part (may be repeated)
  --share <n>     only this share of each, e.g. 0.01
  --help

${parts.map(({ name, what, figure }) => `  ${name.padEnd(10)}${figure.toLocaleString('en').padStart(10)}  ${what}`).join('\n')}`

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: [] },
    share: { type: 'string', default: '1' },
    help: { type: 'boolean', default: false },
  },
})

if (values.help) console.log(usage)
else process.exitCode = await main(values.only, Number(values.share))

async function main(only: readonly string[], share: number): Promise<number> {
  const unknown = only.filter(name => parts.every(one => one.name !== name))
  if (unknown.length > 0 || !(share > 0 && share <= 1)) {
    console.error(
      unknown.length ? `There is no part ${unknown.join(', ')}` : '--share is above 0, and 1 at most',
    )
    return 2
  }
  const chosen = parts.filter(({ name }) => only.length === 0 || only.includes(name))
  const seed = String(seedOf(process.env.ZG_SEED || 'random'))
  console.log(`ZG_SEED=${seed}\n`)
  const failed: string[] = []
  for (const one of chosen) {
    const figure = Math.max(1, Math.ceil(one.figure * share))
    const [command = '', ...args] = one.command(figure)
    const started = performance.now()
    const env = { ...process.env, ZG_SEED: seed, ...(one.knob ? { [one.knob]: String(figure) } : {}) }
    const { code, output } = await capture(command, args, { env })
    if (code !== 0) failed.push(one.name)
    const seconds = ((performance.now() - started) / 1_000).toFixed(0)
    const end = code === 0 ? 'passed' : 'FAILED'
    console.log(
      `${end}  ${one.name.padEnd(10)}${figure.toLocaleString('en').padStart(10)} ${one.what}, ${seconds} s`,
    )
    if (code !== 0) console.log(output)
  }
  console.log(`\n${chosen.length - failed.length} passed, ${failed.length} failed`)
  return failed.length > 0 ? 1 : 0
}

function part(name: string, what: string, figure: number, knob: string, path: string): Part {
  return { name, what, figure, knob, command: () => ['vitest', 'run', path] }
}
