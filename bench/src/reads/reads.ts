import autocannon from 'autocannon'
import { requireEqual } from '../equal.ts'
import { judge, type Line } from '../line.ts'
import { startWorker } from '../process.ts'
import { alternate } from '../rounds.ts'
import type { Run } from '../run.ts'
import { loadedPostgres } from './load.ts'
import { type Question, questions } from './query.ts'

const CONNECTIONS = 32
/** Connections to Postgres, the same for both; the default of both. */
const POOL = 10

/** Requests per second over HTTP, each side a process of its own over the same rows in one Postgres. */
export async function* reads(run: Run): AsyncIterable<Line> {
  const url = await loadedPostgres(run)
  const ours = String((await startWorker('reads/ours.ts', { url, pool: POOL })).ready)
  const reference = String((await startWorker('reads/postgraphile.ts', { url, pool: POOL })).ready)
  for (const question of questions) {
    if (!run.wants(question.name)) continue
    const bytes = await sameAnswers(question, ours, reference)
    run.say(`  ${question.name}: both answer the same ${bytes} bytes`)
    const medians = await alternate(
      run,
      question.name,
      () => rate(ours, bodies(question, question.ours), run.seconds),
      () => rate(reference, bodies(question, question.reference), run.seconds),
    )
    yield judge({
      bench: 'reads',
      case: question.name,
      metric: 'requests/s',
      ...medians,
      goal: question.goal,
    })
  }
}

function bodies({ variables }: Question, query: string): readonly string[] {
  return variables.map(values => JSON.stringify({ query: query.replace(/\s+/g, ' '), variables: values }))
}

const HEADERS = { 'content-type': 'application/json', accept: 'application/json' }

async function rate(url: string, requests: readonly string[], seconds: number): Promise<number> {
  const result = await autocannon({
    url,
    method: 'POST',
    headers: HEADERS,
    connections: CONNECTIONS,
    duration: seconds,
    requests: requests.map(body => ({ body })),
  })
  const failed = result.non2xx + result.errors + result.timeouts
  if (failed > 0) throw new Error(`${failed} requests to ${url} failed`)
  return result['2xx'] / result.duration
}

/** The size of an answer, after comparing up to 20 of them. */
async function sameAnswers(question: Question, ours: string, reference: string): Promise<number> {
  const sides = [bodies(question, question.ours).slice(0, 20), bodies(question, question.reference)] as const
  let size = 0
  for (const [i, body] of sides[0].entries()) {
    const [left, right] = await Promise.all([ask(ours, body), ask(reference, sides[1][i] ?? '')])
    requireEqual(`the answer to "${question.name}"`, left, right)
    size = JSON.stringify(left).length
  }
  if (size < 50) throw new Error(`"${question.name}" has no answer: nothing is measured`)
  return size
}

async function ask(url: string, body: string): Promise<unknown> {
  const response = await fetch(url, { method: 'POST', headers: HEADERS, body })
  return response.json()
}
