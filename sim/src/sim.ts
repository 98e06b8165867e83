import { parseArgs } from 'node:util'
import { keep, readCorpus } from './corpus.ts'
import { tryRange } from './crew.ts'
import type { Violation } from './history.ts'
import { planOf } from './planner.ts'
import { shrink } from './shrink.ts'
import { story } from './story.ts'
import { ENDS, type Tally, tryPlan } from './trial.ts'
import { happen } from './world.ts'

const HELP = `npm run sim -- [options]

Runs the real writer, feed and readers on simulated machines and checks what is promised. A seed is a history: the same
seed gives the same one on every machine. See sim/README.md.

  --seeds <n>      so many histories; 1,000
  --from <n>       the first seed; 1
  --threads <n>    1 or 2; 2
  --seed <n>       one history, told as a story
  --trace          with --seed: every event of it, as it happens
  --keep           with --seed: shrinks a failure and keeps it in sim/corpus
  --corpus         replays what failed once
  --help

Exits with 1 when a history breaks a promise. Failures are shrunk, the first three of them.
`

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000' },
    from: { type: 'string', default: '1' },
    threads: { type: 'string', default: '2' },
    seed: { type: 'string' },
    trace: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
    corpus: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

if (values.help) process.stdout.write(HELP)
else if (values.corpus) process.exitCode = await tryCorpus()
else if (values.seed === undefined)
  process.exitCode = await tryMany(
    number('seeds', values.seeds),
    number('from', values.from),
    number('threads', values.threads),
  )
else process.exitCode = await tryOne(number('seed', values.seed))

function number(name: string, text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text)
  console.error(`--${name} is a number, not ${text}`)
  process.exit(2)
}

async function tryMany(seeds: number, from: number, threads: number): Promise<number> {
  const started = performance.now()
  let said = 0
  let failed = 0
  const onProgress = ({ histories, failures }: Tally): void => {
    for (const { seed, violations } of failures.slice(failed)) {
      console.log(`seed ${seed}: ${violations.map(inWords).join('; ')}`)
    }
    failed = failures.length
    if (histories - said < 1_000) return
    said = histories
    console.log(`${histories} histories, ${failed} failed`)
  }
  const tally = await tryRange(from, from + seeds - 1, {
    threads: Math.min(2, Math.max(1, threads)),
    onProgress,
  })
  for (const { seed, violations } of tally.failures.slice(0, 3)) await explain(seed, violations)
  const seconds = (performance.now() - started) / 1_000
  const { histories, mutations, batches, reads, faults } = tally
  console.log(
    `seeds ${from} to ${from + seeds - 1}: ${mutations} mutations, ${reads} reads, ${batches} feed batches, ${faults} faults`,
  )
  console.log(
    `${histories - tally.failures.length} passed, ${tally.failures.length} failed in ${seconds.toFixed(1)} s`,
  )
  return tally.failures.length > 0 ? 1 : 0
}

async function explain(seed: number, violations: readonly Violation[]): Promise<void> {
  const [first] = violations
  if (!first || first.promise === ENDS) return
  const plan = await shrink(planOf(seed), first.promise)
  const trial = await tryPlan(plan)
  console.log(`\nseed ${seed}, shrunk:\n${story(trial.history, trial.violations)}\n`)
}

async function tryOne(seed: number): Promise<number> {
  const plan = planOf(seed)
  if (values.trace) await happen(plan, (at, what) => console.log(`${at.toFixed(3).padStart(11)}  ${what}`))
  const { history, violations } = await tryPlan(plan)
  const [first] = violations
  if (values.keep && first) {
    const shrunk = await shrink(plan, first.promise)
    const trial = await tryPlan(shrunk)
    const what = trial.violations.find(({ promise }) => promise === first.promise)?.what ?? first.what
    console.log(story(trial.history, trial.violations))
    console.log(`\nkept as ${keep({ promise: first.promise, what, plan: shrunk })}`)
    return 1
  }
  console.log(story(history, violations))
  console.log(violations.length ? `\n${violations.length} promises broken` : '\nEverything is as promised')
  return violations.length ? 1 : 0
}

async function tryCorpus(): Promise<number> {
  let failed = 0
  for (const [name, { plan }] of readCorpus()) {
    const { history, violations } = await tryPlan(plan)
    console.log(violations.length ? `${name}\n${story(history, violations)}` : `${name}: as promised`)
    if (violations.length) failed++
  }
  return failed > 0 ? 1 : 0
}

function inWords({ promise, what }: Violation): string {
  return `${promise}: ${what.slice(0, 200)}`
}
