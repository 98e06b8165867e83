import { randomBytes } from 'node:crypto'
import { createClock, hlcToUuid, replicaId } from '@zg/core/change/clock'
import type { Database } from '@zg/store/session'
import postgres from 'postgres'
import { onClose } from '../run.ts'
import { type Note, scopeOf } from './model.ts'
import type { Appender } from './writing.ts'

// The straightforward way to the same tables: each change in a transaction of its own. It knows the row is new and
// judges nothing, which is to its advantage.

const TABLES = `
  create table head (tenant text primary key, seq bigint not null, hlc uuid);
  insert into head values ('main', 0, null);
  create table log (
    tenant text not null, seq bigint not null, id uuid not null, entity integer not null, key text not null,
    change jsonb not null, before jsonb, last boolean not null,
    primary key (tenant, seq), unique (tenant, id)
  );
  create index on log (tenant, entity, key, seq);
  create table note (
    tenant text not null, id text collate "C" not null, title text collate "C", body text collate "C", stars integer,
    _state jsonb not null, primary key (tenant, id)
  );`

/** Takes the lock that keeps the log gapless, and the next number. */
const LOCK = `update head set seq = seq + 1, hlc = $2::uuid where tenant = $1 returning seq::text`
const LOG = `insert into log (tenant, seq, id, entity, key, change, before, last)
  values ($1, $2::text::bigint, $3::uuid, 1, $4, $5::text::jsonb, null, true)`
const ROW = `insert into note (tenant, id, title, body, stars, _state) values ($1, $2, $3, $4, $5::text::int, $6::text::jsonb)
  on conflict (tenant, id) do update
  set title = excluded.title, body = excluded.body, stars = excluded.stars, _state = excluded._state`

type Query = (text: string, values: readonly (string | null)[]) => Promise<readonly object[]>
type Transact = (work: (query: Query) => Promise<void>) => Promise<void>

/** One transaction per change, over `connections` to Postgres. Its statements are pipelined where they can be. */
export async function onPostgres(url: string, connections: number): Promise<Appender> {
  const sql = postgres(url, { max: connections, onnotice: () => {} })
  onClose(() => sql.end())
  await sql.unsafe(TABLES)
  return reference(
    async work => {
      await sql.begin(tx => work((text, values) => tx.unsafe(text, [...values], { prepare: true })))
    },
    text => sql.unsafe(text),
  )
}

/** The same through the driver of the store, which has one connection. */
export async function onPglite(database: Database): Promise<Appender> {
  for (const statement of TABLES.split(';').filter(text => text.trim())) await database.query(statement)
  return reference(
    work => database.transaction('write', session => work((text, values) => session.query(text, values))),
    text => database.query(text),
  )
}

function reference(transact: Transact, ask: (text: string) => Promise<readonly object[]>): Appender {
  const clock = createClock({
    now: Date.now,
    replica: replicaId(bytes => new Uint8Array(randomBytes(bytes))),
  })
  const { tenant, principal } = scopeOf()
  return {
    append: ({ id, title, body, stars }) =>
      transact(async query => {
        const stamp = clock.stamp()
        const uuid = hlcToUuid(stamp)
        const [head] = (await query(LOCK, [tenant, uuid])) as readonly { seq: string }[]
        const values = [title, body, stars]
        const registers = values.map((value, i) => ({ field: FIELDS + i, kind: 'register', value }))
        const change = {
          v: 1,
          id: stamp,
          tenant,
          schema: SCHEMA,
          entity: 1,
          key: id,
          ops: [{ field: 0, kind: 'create' }, ...registers],
          base: null,
          by: principal.id,
          mutation: { client: stamp, n: 0, index: 0 },
        }
        const at = Object.fromEntries(values.map((_, i) => [FIELDS + i, stamp]))
        await Promise.all([
          query(LOG, [tenant, head?.seq ?? '', uuid, id, JSON.stringify(change)]),
          query(ROW, [tenant, id, title, body, String(stars), JSON.stringify({ born: stamp, at })]),
        ])
      }),
    stored: async () => {
      const rows = await ask('select id, title, body, stars from note order by id')
      const log = await ask(`select key, change -> 'ops' as ops, last from log order by key collate "C"`)
      const seqs = await ask('select seq::int as seq from log order by seq')
      return {
        rows: rows.map(row => ({ ...row })) as unknown as readonly Note[],
        seqs: (seqs as readonly { seq: number }[]).map(({ seq }) => seq),
        log: log.map(row => ({ ...row })) as unknown as readonly {
          key: string
          ops: unknown
          last: boolean
        }[],
      }
    },
  }
}

/** The number of the first field. */
const FIELDS = 1
/** As long as a hash of an IR. */
const SCHEMA = 'a'.repeat(64)
