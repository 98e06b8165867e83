import { parseArgs } from 'node:util'
import { installReferences } from './install.ts'
import { type Line, table } from './line.ts'
import { closeAll, type Run } from './run.ts'

// `npm run bench -- <name> --json`. Benches are loaded when they are asked for: their references are not installed before.

type Bench = (run: Run) => AsyncIterable<Line>

const benches: { readonly [name: string]: { readonly about: string; load(): Promise<Bench> } } = {
  append: {
    about: 'changes per second, against one transaction per change; Postgres with fsync, PGlite',
    load: async () => (await import('./append/append.ts')).append,
  },
  store: {
    about: 'the store on Postgres: throughput, waiting, catching up, merging, memory',
    load: async () => (await import('./store/store.ts')).store,
  },
  reads: {
    about: 'nested queries per second, against PostGraphile 5 over the same rows',
    load: async () => (await import('./reads/reads.ts')).reads,
  },
  fanout: {
    about: 'deliveries per second to equal subscriptions, against the Yoga + graphql-ws recipe',
    load: async () => (await import('./fanout/fanout.ts')).fanout,
  },
  start: {
    about: 'from process start to the first answer',
    load: async () => (await import('./start/start.ts')).start,
  },
  import: {
    about: 'records per second of Chinook into PGlite',
    load: async () => (await import('./import/import.ts')).importing,
  },
}

const HELP = `npm run bench -- [name ...] [options]

Measures ours and a reference in turns and compares the medians. All benches, or:
${Object.entries(benches)
  .map(([name, { about }]) => `  ${name.padEnd(9)} ${about}`)
  .join('\n')}

  --json         one JSON object per line: { bench, case, metric, ours, reference, ratio, goal, ok }
  --rounds <n>   how often each side is measured; 5
  --seconds <s>  how long one measurement of a rate takes; 5
  --only <text>  only cases whose name contains this
  --help

Exits with 1 when a goal is missed, 2 when something could not be measured, such as unequal answers. Needs the npm
registry once. Keeps the data of "reads" and its dependencies in bench/; delete bench/.cache to load them afresh.
`

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      json: { type: 'boolean', default: false },
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '5' },
      only: { type: 'string', default: '' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    process.stdout.write(HELP)
    return 0
  }
  const unknown = positionals.filter(name => !(name in benches))
  if (unknown.length) {
    process.stderr.write(`There is no bench ${unknown.join(', ')}; see --help\n`)
    return 2
  }
  const run: Run = {
    rounds: atLeast(Math.round(Number(values.rounds)), 1, '--rounds'),
    seconds: atLeast(Number(values.seconds), 0.1, '--seconds'),
    wants: name => name.includes(values.only),
    // Progress and figures do not mix: `--json` output is for programs.
    say: text => void process.stderr.write(`${text}\n`),
  }
  installReferences(run.say)

  const lines: Line[] = []
  for (const name of positionals.length ? positionals : Object.keys(benches)) {
    const bench = await benches[name]?.load()
    if (!bench) continue
    try {
      for await (const line of bench(run)) {
        lines.push(line)
        if (values.json) process.stdout.write(`${JSON.stringify(line)}\n`)
        else run.say(table([line]).split('\n')[1] ?? '')
      }
    } finally {
      await closeAll()
    }
  }
  if (!values.json) process.stdout.write(`\n${table(lines)}\n`)
  return lines.every(({ ok }) => ok) ? 0 : 1
}

function atLeast(value: number, least: number, name: string): number {
  if (value >= least) return value
  throw new Error(`${name} must be a number, ${least} or more`)
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    void closeAll().finally(() => process.exit(130))
  })
}

try {
  process.exitCode = await main()
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.stack : error}\n`)
  process.exitCode = 2
}
