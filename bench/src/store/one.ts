import { openDatabase } from '@zg/store/database'
import { openStore } from '@zg/store/store'
import postgres from 'postgres'
import { ir } from '../append/model.ts'
import { write } from '../append/ours.ts'
import { nextNote } from '../append/writing.ts'
import { requireEqual } from '../equal.ts'
import { judge } from '../line.ts'
import { alternate } from '../rounds.ts'
import { onClose } from '../run.ts'
import type { Case } from './case.ts'
import { latencies, percentile } from './latency.ts'

const TABLE = `create table note (
  tenant text not null, id text collate "C" not null, title text collate "C", body text collate "C", stars integer,
  primary key (tenant, id)
)`

/** What a caller waits who is alone, beside one prepared INSERT that commits itself: one question, one answer. */
export const one: Case = {
  name: 'one caller, a bare INSERT and COMMIT',
  async *measure(run, server) {
    const db = await openDatabase({ url: await server.fresh('one_ours') })
    onClose(() => db.close())
    const store = await openStore(db, ir)
    onClose(() => store.close())
    const sql = postgres(await server.fresh('one'), { max: 1, onnotice: () => {} })
    onClose(() => sql.end())
    await sql.unsafe(TABLE)
    const insert = async ({ id, title, body, stars } = nextNote()) => {
      const text = 'insert into note values ($1, $2, $3, $4, $5::text::int)'
      await sql.unsafe(text, ['main', id, title, body, String(stars)], { prepare: true })
    }
    const same = nextNote()
    await write(store, same)
    await insert(same)
    const row = 'select id, title, body, stars from note'
    requireEqual(
      'the row',
      await db.query(row),
      (await sql.unsafe(row)).map(found => ({ ...found })),
    )
    const p50 = (call: () => Promise<unknown>) => async () =>
      percentile(await latencies(call, run.seconds), 0.5)
    const medians = await alternate(
      run,
      this.name,
      p50(() => write(store, nextNote())),
      p50(() => insert()),
    )
    yield judge({ bench: 'store', case: this.name, metric: 'ms, p50', ...medians, goal: 0.5 })
  },
}
