import type { Act } from '@zg/core/act/act'
import type { Database } from '@zg/store/session'
import { openStore, type Store } from '@zg/store/store'
import { onClose } from '../run.ts'
import { ir, type Note, scopeOf } from './model.ts'
import type { Appender } from './writing.ts'

/** Our writer, as a resolver calls it. */
export async function ours(database: Database): Promise<Appender> {
  const store = await openStore(database, ir)
  onClose(() => store.close())
  return {
    append: row => write(store, row),
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

/** Creates a row and demands that it was applied. */
export async function write({ writer }: Store, row: Note, tenant?: string): Promise<void> {
  const { verdict } = await writer.commit({ scope: scopeOf(tenant), acts: [creation(row)] })
  if (verdict.status !== 'applied') throw new Error(`Refused: ${JSON.stringify(verdict.problems)}`)
}

export function creation({ id, title, body, stars }: Note): Act {
  return {
    kind: 'create',
    entity: 'Note',
    id,
    generated: true,
    fields: {
      title: { kind: 'set', value: title },
      body: { kind: 'set', value: body },
      stars: { kind: 'set', value: stars },
    },
  }
}
