import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type Report, tally } from '../tally.ts'
import { seedOf } from '../testing/seed.ts'
import type { Patch } from './patch.ts'

/** `killed` is the good end; every other one fails the run. */
export type Verdict = {
  readonly killed: boolean
  readonly why: string
  /** What a test of seeded histories or properties said it found the bug with. */
  readonly seed?: string
}

const LIMIT_MS = 180_000

/** A bug that hides from one seed of the properties (ZG_SEED) seldom hides from three. The same ones each time. */
const RUNS = 3
/** The seeds of the simulator are the same each time. */
const SEEDED = /^sim\//
const SURVIVED = 'SURVIVED: the test stays green'

/** Does the test file pass as it is? Undefined, or what is wrong with it. */
export async function baseline(
  folder: string,
  test: string,
  env: NodeJS.ProcessEnv,
): Promise<string | undefined> {
  if (!existsSync(join(folder, test))) return 'its test file does not exist'
  const report = await runTest(folder, test, env)
  if (typeof report === 'string') return `without the patch, the test ${report}`
  const { passed, failed } = tally(report)
  if (failed > 0) return 'the test fails without the patch'
  if (passed === 0) return 'the test file runs no test (skipped?)'
  return undefined
}

/** Breaks the copy, runs the test, mends the copy. */
export async function trial(folder: string, patch: Patch, env: NodeJS.ProcessEnv): Promise<Verdict> {
  const file = join(folder, patch.file)
  const whole = existsSync(file) ? readFileSync(file) : undefined
  const applied = spawnSync('git', ['apply', '--whitespace=nowarn', '-'], {
    cwd: folder,
    input: patch.diff,
    encoding: 'utf8',
    // Not in a repository that happens to hold the temporary folder.
    env: { ...process.env, GIT_CEILING_DIRECTORIES: dirname(folder) },
  })
  if (applied.status !== 0 || whole === undefined || readFileSync(file).equals(whole)) {
    return { killed: false, why: `does not apply any more: ${applied.stderr.trim().split('\n')[0]}` }
  }
  try {
    const first = seedOf(process.env.ZG_SEED)
    const most = SEEDED.test(patch.kills) ? 1 : RUNS
    let verdict: Verdict = { killed: false, why: SURVIVED }
    for (let run = 0; run < most && verdict.why === SURVIVED; run++) {
      const seeded = { ...env, ZG_SEED: String(first + run) }
      verdict = judge(await runTest(folder, patch.kills, seeded))
    }
    return verdict
  } finally {
    writeFileSync(file, whole)
  }
}

/** A failing test or an assertion of the suite has noticed the bug; a file that does not load has not. */
function judge(report: Report | string): Verdict {
  if (typeof report === 'string') return { killed: false, why: `the test ${report}` }
  const failed = report.testResults
    .flatMap(file => file.assertionResults)
    .find(test => test.status === 'failed')
  if (failed) return death(failed.failureMessages[0] ?? '')
  const broken = report.testResults.find(file => file.status === 'failed')
  if (broken && /\bAssertionError\b/.test(broken.message)) return death(broken.message)
  if (broken) return { killed: false, why: `the test file does not load: ${firstLine(broken.message)}` }
  return { killed: false, why: SURVIVED }
}

/** Of a simulator's history (`seed 17`), or of a property (fast-check: `seed: -17`). */
function death(message: string): Verdict {
  const seed = /\bseed:? (-?\d+)/.exec(message)?.[1]
  return { killed: true, why: firstLine(message), ...(seed === undefined ? {} : { seed }) }
}

function firstLine(text: string): string {
  return text.trim().split('\n')[0]?.slice(0, 100) ?? ''
}

async function runTest(folder: string, test: string, extra: NodeJS.ProcessEnv): Promise<Report | string> {
  const output = join(folder, 'mutant-report.json')
  rmSync(output, { force: true })
  const vitest = join(folder, 'node_modules', 'vitest', 'vitest.mjs')
  const args = [
    vitest,
    'run',
    test,
    '--bail=1',
    '--maxWorkers=1',
    '--reporter=json',
    `--outputFile=${output}`,
  ]
  // A group of its own, so that a worker in an endless loop ends with it.
  const child = spawn(process.execPath, args, {
    cwd: folder,
    env: environment(extra),
    detached: true,
    stdio: 'ignore',
  })
  let late = false
  const timer = setTimeout(() => {
    late = true
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
  }, LIMIT_MS)
  await once(child, 'close')
  clearTimeout(timer)
  if (late) return `takes longer than ${LIMIT_MS / 1000} s`
  if (!existsSync(output)) return 'cannot be run by Vitest'
  return JSON.parse(readFileSync(output, 'utf8'))
}

/** Without what a Vitest around us sets, as in this file's own test. */
function environment(extra: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(VITEST|TEST$|NODE_ENV$|NODE_OPTIONS$)/.test(name),
  )
  return { ...Object.fromEntries(inherited), ...extra }
}
