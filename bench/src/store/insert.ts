import { openDatabase } from '@zg/store/database'
import { ours } from '../append/ours.ts'
import { rate } from '../append/writing.ts'
import { requireEqual } from '../equal.ts'
import { judge } from '../line.ts'
import { alternate } from '../rounds.ts'
import { onClose } from '../run.ts'
import type { Case } from './case.ts'
import { openInserts } from './inserts.ts'

const CALLERS = 256

/** Against what keeps no log, judges nothing and answers nobody: rows inserted one by one as fast as the server can. */
export const insert: Case = {
  name: '256 callers, single INSERTs of 64 clients',
  async *measure(run, server) {
    const db = await openDatabase({ url: await server.fresh('insert_ours') })
    onClose(() => db.close())
    const left = await ours(db)
    const right = await openInserts(await server.fresh('insert'), run)
    await rate(left, 1, 0.2)
    await right.rate(3)
    const one =
      'select octet_length(title) as title, octet_length(body) as body, length(id) as id from note limit 1'
    requireEqual('the size of a row', await db.query(one), await right.query(one))
    const medians = await alternate(
      run,
      this.name,
      () => rate(left, CALLERS, run.seconds),
      () => right.rate(run.seconds),
    )
    const [{ n: logged } = { n: 0 }] = await db.query<{ n: number }>('select count(*)::int as n from zg.log')
    const [{ n: kept } = { n: 0 }] = await db.query<{ n: number }>('select count(*)::int as n from note')
    requireEqual('the number of rows and of log entries', kept, logged)
    yield judge({
      bench: 'store',
      case: `${this.name} (${right.by})`,
      metric: 'changes/s',
      ...medians,
      goal: 1.5,
    })
  },
}
