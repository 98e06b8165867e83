import { judge } from '../line.ts'
import { startWorker } from '../process.ts'
import { median } from '../rounds.ts'
import type { Case } from './case.ts'
import type { Crowded } from './crowd.ts'

const CALLERS = 10_000
/** How often each of them asks. */
const TURNS = 5

/** Callers and store in one process, so that its size is that of everything they hold. */
export const callers: Case = {
  name: '10,000 concurrent callers',
  async *measure(run, server) {
    const found: Crowded[] = []
    for (let round = 0; round < run.rounds; round++) {
      const url = await server.fresh(`callers_${round}`)
      const worker = await startWorker('store/crowd.ts', { url, callers: CALLERS, turns: TURNS })
      const crowded = (await worker.ask('crowd')) as Crowded
      await worker.end()
      run.say(
        `  ${this.name}, round ${round + 1} of ${run.rounds}: ${Math.round(crowded.rss)} MB, ${Math.round(crowded.rate)}/s`,
      )
      found.push(crowded)
    }
    const common = { bench: 'store', case: this.name, reference: null }
    const of = (pick: (one: Crowded) => number) => median(found.map(pick))
    yield judge({ ...common, metric: 'MB of RSS', ours: of(({ rss }) => rss), goal: 500 })
    yield judge({
      ...common,
      metric: '% answered',
      ours: 100 * of(one => one.answered / one.asked),
      goal: 100,
    })
    yield judge({
      ...common,
      metric: '% in the order asked',
      ours: 100 * of(one => one.inOrder / one.asked),
      goal: 99,
    })
    yield judge({ ...common, metric: 'changes/s', ours: of(({ rate }) => rate), goal: null })
  },
}
