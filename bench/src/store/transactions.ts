import { openDatabase } from '@zg/store/database'
import { ours } from '../append/ours.ts'
import { onPostgres } from '../append/reference.ts'
import { sameEffect } from '../append/same.ts'
import { rate } from '../append/writing.ts'
import { judge } from '../line.ts'
import { alternate } from '../rounds.ts'
import { onClose } from '../run.ts'
import type { Case } from './case.ts'

const CALLERS = 256
/** More would only wait longer for the same head row, and a server takes 100 by default. */
const CONNECTIONS = 64

/** As `append`, with more callers: a batch has its price once, a transaction per change each time. */
export const transactions: Case = {
  name: '256 callers, one transaction per change',
  async *measure(run, server) {
    const db = await openDatabase({ url: await server.fresh('transactions_ours') })
    onClose(() => db.close())
    const left = await ours(db)
    const right = await onPostgres(await server.fresh('transactions'), CONNECTIONS)
    await sameEffect(this.name, left, right)
    const medians = await alternate(
      run,
      this.name,
      () => rate(left, CALLERS, run.seconds),
      () => rate(right, CALLERS, run.seconds),
    )
    yield judge({ bench: 'store', case: this.name, metric: 'changes/s', ...medians, goal: 20 })
  },
}
