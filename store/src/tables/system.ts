import { sql } from 'drizzle-orm'
import { type AnyPgColumn, index, type PgTable, pgSchema, primaryKey, unique } from 'drizzle-orm/pg-core'
import { typed } from './columns.ts'

/** The version of the tables below; a database made by another one is refused. */
export const TABLES_VERSION = 3

const zg = pgSchema('zg')

/** Edges are keyed `<from>|<to>`; rows, of which there are many more, are not in these. */
function edgeEnds(
  name: string,
  t: { readonly tenant: AnyPgColumn; readonly entity: AnyPgColumn; readonly key: AnyPgColumn },
) {
  const end = (half: 1 | 2) => sql`split_part("key", '|', ${sql.raw(String(half))})`
  const edges = sql`strpos("key", '|') > 0`
  return [
    index(`${name}_from`).on(t.tenant, t.entity, end(1)).where(edges),
    index(`${name}_to`).on(t.tenant, t.entity, end(2)).where(edges),
  ]
}

/** One row: which log this is, which IR the projections follow, and the version of these tables. */
const meta = zg.table('meta', {
  one: typed('one', 'boolean').primaryKey(),
  log: typed('log', 'text').notNull(),
  version: typed('version', 'integer').notNull(),
  ir: typed('ir', 'text'),
})

/** Every IR that was ever served, by hash. */
const ir = zg.table('ir', {
  hash: typed('hash', 'text').primaryKey(),
  model: typed('model', 'jsonb').notNull(),
  at: typed('at', 'timestamp(3) with time zone').notNull(),
})

/** The lock of a tenant, and the end of its log. */
const head = zg.table('head', {
  tenant: typed('tenant', 'text').primaryKey(),
  seq: typed('seq', 'bigint').notNull(),
  hlc: typed('hlc', 'uuid'),
})

const log = zg.table(
  'log',
  {
    tenant: typed('tenant', 'text').notNull(),
    seq: typed('seq', 'bigint').notNull(),
    id: typed('id', 'uuid').notNull(),
    entity: typed('entity', 'integer').notNull(),
    key: typed('key', 'text').notNull(),
    // Text that is written once and read whole: taking it apart for jsonb would cost a third of an append.
    change: typed('change', 'json').notNull(),
    before: typed('before', 'json'),
    last: typed('last', 'boolean').notNull(),
  },
  t => [
    primaryKey({ name: 'log_pkey', columns: [t.tenant, t.seq] }),
    unique('log_id').on(t.tenant, t.id),
    index('log_instance').on(t.tenant, t.entity, t.key, t.seq),
    // The edges of a row, from either end, as they were.
    ...edgeEnds('log', t),
  ],
)

/** Dead rows, for ever: by id alone, ids being unique across entities. */
const tombstone = zg.table(
  'tombstone',
  {
    tenant: typed('tenant', 'text').notNull(),
    id: typed('id', 'text').notNull(),
    change: typed('change', 'uuid').notNull(),
    seq: typed('seq', 'bigint').notNull(),
  },
  t => [primaryKey({ name: 'tombstone_pkey', columns: [t.tenant, t.id] })],
)

/** Who holds which unique value. */
const claim = zg.table(
  'claim',
  {
    tenant: typed('tenant', 'text').notNull(),
    index: typed('index', 'text').notNull(),
    value: typed('value', 'text').notNull(),
    id: typed('id', 'text').notNull(),
  },
  t => [primaryKey({ name: 'claim_pkey', columns: [t.tenant, t.index, t.value] })],
)

const verdict = zg.table(
  'verdict',
  {
    tenant: typed('tenant', 'text').notNull(),
    by: typed('by', 'text').notNull(),
    client: typed('client', 'text').notNull(),
    n: typed('n', 'bigint').notNull(),
    bodyHash: typed('body_hash', 'text').notNull(),
    status: typed('status', 'text').notNull(),
    detail: typed('detail', 'jsonb').notNull(),
    seq: typed('seq', 'bigint').notNull(),
    at: typed('at', 'timestamp(3) with time zone').notNull(),
  },
  t => [
    primaryKey({ name: 'verdict_pkey', columns: [t.tenant, t.by, t.client, t.n] }),
    index('verdict_at').on(t.tenant, t.at),
  ],
)

/**
 * Instances that hold state and are not to be seen: ops that wait for their create, edges without a live tag or
 * with a dead end, and whatever belongs to an entity this schema does not know.
 */
const waiting = zg.table(
  'waiting',
  {
    tenant: typed('tenant', 'text').notNull(),
    entity: typed('entity', 'integer').notNull(),
    key: typed('key', 'text').notNull(),
    state: typed('state', 'jsonb').notNull(),
  },
  t => [
    primaryKey({ name: 'waiting_pkey', columns: [t.tenant, t.entity, t.key] }),
    ...edgeEnds('waiting', t),
  ],
)

/** The Yjs updates of texts, appended as they were logged. `client`: the Yjs client that wrote it, `by` its principal. */
const text = zg.table(
  'text',
  {
    tenant: typed('tenant', 'text').notNull(),
    entity: typed('entity', 'integer').notNull(),
    key: typed('key', 'text').notNull(),
    field: typed('field', 'integer').notNull(),
    seq: typed('seq', 'bigint').notNull(),
    id: typed('id', 'uuid').notNull(),
    client: typed('client', 'bigint'),
    by: typed('by', 'text').notNull(),
    update: typed('update', 'bytea').notNull(),
  },
  t => [
    primaryKey({ name: 'text_pkey', columns: [t.tenant, t.key, t.entity, t.field, t.seq] }),
    index('text_client').on(t.tenant, t.key, t.client),
  ],
)

/** Texts opened in the background: `snapshot` and `plain` hold all updates up to `seq`, `bytes` in all. */
const textFold = zg.table(
  'text_fold',
  {
    tenant: typed('tenant', 'text').notNull(),
    entity: typed('entity', 'integer').notNull(),
    key: typed('key', 'text').notNull(),
    field: typed('field', 'integer').notNull(),
    seq: typed('seq', 'bigint').notNull(),
    bytes: typed('bytes', 'bigint').notNull(),
    snapshot: typed('snapshot', 'bytea').notNull(),
    plain: typed('plain', 'text').notNull(),
  },
  t => [primaryKey({ name: 'text_fold_pkey', columns: [t.tenant, t.key, t.entity, t.field, t.seq] })],
)

/** Texts with updates that no fold covers, so that any gateway may catch up on what another left. */
const textDue = zg.table(
  'text_due',
  {
    tenant: typed('tenant', 'text').notNull(),
    entity: typed('entity', 'integer').notNull(),
    key: typed('key', 'text').notNull(),
    field: typed('field', 'integer').notNull(),
    seq: typed('seq', 'bigint').notNull(),
  },
  t => [primaryKey({ name: 'text_due_pkey', columns: [t.tenant, t.key, t.entity, t.field] })],
)

export const SYSTEM_TABLES: readonly PgTable[] = [
  meta,
  ir,
  head,
  log,
  tombstone,
  claim,
  verdict,
  waiting,
  text,
  textFold,
  textDue,
]
