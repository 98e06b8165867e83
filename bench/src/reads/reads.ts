import autocannon from 'autocannon'
import { requireEqual } from '../equal.ts'
import { judge, type Line } from '../line.ts'
import { startWorker, type Worker } from '../process.ts'
import { alternate, median } from '../rounds.ts'
import type { Run } from '../run.ts'
import { CPU } from '../worker.ts'
import { loadedPostgres } from './load.ts'
import { type Question, questions } from './query.ts'

const CONNECTIONS = 32
/** Connections to Postgres, the same for both; the default of both. */
const POOL = 10

/** Requests per second over HTTP, each side a process of its own over the same rows in one Postgres. */
export async function* reads(run: Run): AsyncIterable<Line> {
  const url = await loadedPostgres(run)
  const ours = await startWorker('reads/ours.ts', { url, pool: POOL })
  const reference = await startWorker('reads/postgraphile.ts', { url, pool: POOL })
  for (const question of questions) {
    if (!run.wants(question.name)) continue
    const bytes = await sameAnswers(question, address(ours), address(reference))
    run.say(`  ${question.name}: both answer the same ${bytes} bytes`)
    const costs = { ours: [] as number[], reference: [] as number[] }
    const medians = await alternate(
      run,
      question.name,
      async () => rate(ours, bodies(question, question.ours), run.seconds, costs.ours),
      async () => rate(reference, bodies(question, question.reference), run.seconds, costs.reference),
    )
    const common = { bench: 'reads', case: question.name }
    yield judge({ ...common, metric: 'requests/s', ...medians, goal: question.goal })
    // Says more than the rate where other programs run: what the process itself used, without Postgres.
    const cost = { ours: median(costs.ours), reference: median(costs.reference) }
    yield judge({ ...common, metric: 'ms of CPU/request', ...cost, goal: null })
  }
}

function address({ ready }: Worker): string {
  return String(ready)
}

function bodies({ variables }: Question, query: string): readonly string[] {
  return variables.map(values => JSON.stringify({ query: query.replace(/\s+/g, ' '), variables: values }))
}

const HEADERS = { 'content-type': 'application/json', accept: 'application/json' }

/** Requests per second; what one cost the server goes to `costs`. */
async function rate(
  server: Worker,
  requests: readonly string[],
  seconds: number,
  costs: number[],
): Promise<number> {
  const url = address(server)
  const before = Number(await server.ask(CPU))
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
  costs.push((Number(await server.ask(CPU)) - before) / result['2xx'])
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
