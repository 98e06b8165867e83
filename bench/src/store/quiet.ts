import { openDatabase } from '@zg/store/database'
import { openStore } from '@zg/store/store'
import { ir } from '../append/model.ts'
import { write } from '../append/ours.ts'
import { nextNote } from '../append/writing.ts'
import { judge } from '../line.ts'
import { alternate } from '../rounds.ts'
import { onClose } from '../run.ts'
import type { Case } from './case.ts'
import { latencies, percentile } from './latency.ts'

const FLOOD = 256

/** One caller of a tenant of his own, while another tenant's callers ask as fast as they are answered; and alone. */
export const quiet: Case = {
  name: 'a quiet tenant while another floods, alone',
  async *measure(run, server) {
    const db = await openDatabase({ url: await server.fresh('quiet') })
    onClose(() => db.close())
    const store = await openStore(db, ir)
    onClose(() => store.close())
    const quietly = async () =>
      percentile(await latencies(() => write(store, nextNote(), 'quiet'), run.seconds), 0.99)
    const flooded = async () => {
      let over = false
      const loud = async () => {
        while (!over) await write(store, nextNote(), 'loud')
      }
      const flood = Promise.all(Array.from({ length: FLOOD }, loud))
      try {
        return await quietly()
      } finally {
        over = true
        await flood
      }
    }
    const medians = await alternate(run, this.name, flooded, quietly)
    yield judge({ bench: 'store', case: this.name, metric: 'ms, p99', ...medians, goal: 1 / 3 })
  },
}
