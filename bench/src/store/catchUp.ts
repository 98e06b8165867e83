import { openDatabase } from '@zg/store/database'
import { openStore } from '@zg/store/store'
import { ir, scopeOf } from '../append/model.ts'
import { creation } from '../append/ours.ts'
import { nextNote } from '../append/writing.ts'
import { requireEqual } from '../equal.ts'
import { judge } from '../line.ts'
import { startWorker } from '../process.ts'
import { median } from '../rounds.ts'
import { onClose } from '../run.ts'
import type { Case } from './case.ts'
import type { Followed } from './follower.ts'

const ROWS = 150_000
const UPDATES = 50_000
/** Acts per mutation, and mutations at once, while the log is filled. */
const ACTS = 250
const AT_ONCE = 16

/** A follower in a process of its own reads the whole log through the feed, and with it every row's image. */
export const catchUp: Case = {
  name: 'feed catch-up from the log',
  async *measure(run, server) {
    const url = await server.fresh('catch_up')
    const db = await openDatabase({ url })
    onClose(() => db.close())
    run.say(`  writing ${ROWS + UPDATES} changes`)
    await fill(db)
    const [expected] = await db.query(
      'select count(*)::int as rows, count(*) filter (where stars = 9)::int as updated from note',
    )
    requireEqual('the log', await db.query('select max(seq)::int as n from zg.log'), [{ n: ROWS + UPDATES }])
    const found: Followed[] = []
    for (let round = -1; round < run.rounds; round++) {
      const worker = await startWorker('store/follower.ts', { url, until: ROWS + UPDATES })
      const followed = (await worker.ask('follow')) as Followed
      await worker.end()
      requireEqual('what the feed says', { rows: followed.rows, updated: followed.updated }, expected)
      const rate = (ROWS + UPDATES) / (followed.ms / 1_000)
      run.say(
        `  ${this.name}, ${round < 0 ? 'warming up' : `round ${round + 1} of ${run.rounds}`}: ${Math.round(rate)}/s, ${Math.round(followed.grown)} MB more`,
      )
      if (round >= 0) found.push(followed)
    }
    const common = { bench: 'store', case: this.name, reference: null }
    const rates = found.map(({ ms }) => (ROWS + UPDATES) / (ms / 1_000))
    yield judge({ ...common, metric: 'changes/s', ours: median(rates), goal: 100_000 })
    yield judge({
      ...common,
      metric: 'MB of RSS more',
      ours: median(found.map(({ grown }) => grown)),
      goal: 150,
    })
  },
}

async function fill(db: Awaited<ReturnType<typeof openDatabase>>): Promise<void> {
  const store = await openStore(db, ir)
  const rows = Array.from({ length: ROWS }, nextNote)
  const creates = rows.map(creation)
  // One row in three is changed later, far from its creation.
  const updates = Array.from({ length: UPDATES }, (_, i) => ({
    kind: 'update' as const,
    entity: 'Note',
    id: rows[i * 3]?.id ?? '',
    fields: { stars: { kind: 'set' as const, value: 9 } },
  }))
  for (const acts of [creates, updates]) {
    let next = 0
    const writer = async () => {
      while (next < acts.length) {
        const some = acts.slice(next, next + ACTS)
        next += ACTS
        const { verdict } = await store.writer.commit({ scope: scopeOf(), acts: some })
        if (verdict.status !== 'applied') throw new Error(`Refused: ${JSON.stringify(verdict.problems)}`)
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, writer))
  }
  await store.close()
}
