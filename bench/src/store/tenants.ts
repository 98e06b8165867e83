import { openDatabase } from '@zg/store/database'
import { openStore } from '@zg/store/store'
import { ir } from '../append/model.ts'
import { write } from '../append/ours.ts'
import { rate } from '../append/writing.ts'
import { requireEqual } from '../equal.ts'
import { judge } from '../line.ts'
import { alternate } from '../rounds.ts'
import { onClose } from '../run.ts'
import type { Case } from './case.ts'

const TENANTS = 16
const CALLERS = 256

/** As many callers, spread over many tenants: each has its own lock and log, and they share batches. */
export const tenants: Case = {
  name: '256 callers of 16 tenants, of one tenant',
  async *measure(run, server) {
    const open = async (name: string) => {
      const db = await openDatabase({ url: await server.fresh(name) })
      onClose(() => db.close())
      const store = await openStore(db, ir)
      onClose(() => store.close())
      return { db, store }
    }
    const [many, single] = [await open('tenants_many'), await open('tenants_one')]
    let turn = 0
    const medians = await alternate(
      run,
      this.name,
      () => rate({ append: row => write(many.store, row, `t${turn++ % TENANTS}`) }, CALLERS, run.seconds),
      () => rate({ append: row => write(single.store, row) }, CALLERS, run.seconds),
    )
    const gapless = `select count(*)::int as tenants, bool_and(n = last) as gapless, bool_and(n = rows) as whole from (
      select l.tenant, count(*) as n, max(seq) as last,
        (select count(*) from note where tenant = l.tenant) as rows
      from zg.log l group by l.tenant) s`
    const whole = { gapless: true, whole: true }
    requireEqual('the logs', await many.db.query(gapless), [{ tenants: TENANTS, ...whole }])
    requireEqual('the log', await single.db.query(gapless), [{ tenants: 1, ...whole }])
    yield judge({ bench: 'store', case: this.name, metric: 'changes/s', ...medians, goal: 0.9 })
  },
}
