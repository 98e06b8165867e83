import type { Database } from '@zg/store/session'
import { openStore } from '@zg/store/store'
import { onClose } from '../run.ts'
import { ir, type Note, scope } from './model.ts'
import type { Appender } from './writing.ts'

/** Our writer, as a resolver calls it. */
export async function ours(database: Database): Promise<Appender> {
  const store = await openStore(database, ir)
  onClose(() => store.close())
  return {
    append: async ({ id, title, body, stars }) => {
      const { verdict } = await store.writer.commit({
        scope,
        acts: [
          {
            kind: 'create',
            entity: 'Note',
            id,
            generated: true,
            fields: {
              title: { kind: 'set', value: title },
              body: { kind: 'set', value: body },
              stars: { kind: 'set', value: stars },
            },
          },
        ],
      })
      if (verdict.status !== 'applied') throw new Error(`Refused: ${JSON.stringify(verdict.problems)}`)
    },
    stored: async () => {
      const rows = await database.query('select id, title, body, stars from public.note order by id')
      const log = await database.query(`select key, change -> 'ops' as ops, last from zg.log order by key`)
      const seqs = await database.query('select seq::int as seq from zg.log order by seq')
      return {
        rows: rows as unknown as readonly Note[],
        seqs: seqs.map(({ seq }) => Number(seq)),
        log: log.map(({ key, ops, last }) => ({ key: String(key), ops, last: last === true })),
      }
    },
  }
}
