import { compareModels, type Step } from '@zg/core/ir/compare'
import { modelHash } from '@zg/core/ir/hash'
import type { ModelIR } from '@zg/core/ir/ir'
import type { Json } from '@zg/core/json'
import { ProblemError, problem } from '@zg/core/problem'
import type { Database, Session } from './session.ts'
import { alterTables } from './tables/alter.ts'
import { createTable } from './tables/ddl.ts'
import { layout } from './tables/layout.ts'
import { projectionTables } from './tables/projection.ts'
import { SYSTEM_TABLES, TABLES_VERSION } from './tables/system.ts'

/** One migration at a time per database, whoever starts it. The number is arbitrary and must never change. */
const MIGRATION_LOCK = 2_026_112_1

/**
 * Brings the tables to a model and keeps its IR, in one transaction: whole or not at all, and one at a time however
 * many gateways start. Answers what it did, nothing if the database had this model already.
 * Throws a ProblemError and changes nothing: `MIGRATION_DESTRUCTIVE` with the plan, `NEEDS_DEFAULT`, `STORE_VERSION`.
 */
export async function migrate(database: Database, model: ModelIR): Promise<readonly Step[]> {
  const hash = modelHash(model)
  return database.transaction('write', async session => {
    await session.query('select pg_advisory_xact_lock($1::bigint)', [MIGRATION_LOCK])
    await systemTables(session)
    const old = await currentModel(session)
    if (old && modelHash(old) === hash) return []
    const steps = old ? planned(old, model) : []
    const statements = old
      ? alterTables(layout(old), layout(model))
      : projectionTables(layout(model)).flatMap(createTable)
    for (const statement of statements) await session.query(statement)
    await releaseClaims(session, model, steps)
    await keepModel(session, model, hash)
    return steps
  })
}

async function systemTables(session: Session): Promise<void> {
  const [found] = await session.query<{ there: boolean }>(
    `select to_regclass('zg.meta') is not null as there`,
  )
  if (!found?.there) {
    await session.query('create schema if not exists zg')
    for (const table of SYSTEM_TABLES)
      for (const statement of createTable(table)) await session.query(statement)
    const first = 'insert into zg.meta (one, log, version) values (true, gen_random_uuid()::text, $1::int)'
    await session.query(first, [TABLES_VERSION])
  }
  const [meta] = await session.query<{ version: number }>('select version from zg.meta')
  if (meta?.version === TABLES_VERSION) return
  const message = `The database was made by another version of ZG (tables ${meta?.version}, this one knows ${TABLES_VERSION}).`
  throw new ProblemError([problem('STORE_VERSION', [], `${message} Use that version, or an empty database.`)])
}

/** The model that the projections follow; null in a new database. */
async function currentModel(session: Session): Promise<ModelIR | null> {
  const [found] = await session.query<{ model: Json }>(
    'select ir.model from zg.meta join zg.ir on ir.hash = meta.ir',
  )
  return found ? (found.model as unknown as ModelIR) : null
}

function planned(old: ModelIR, model: ModelIR): readonly Step[] {
  const { additive, destructive, problems } = compareModels(old, model)
  if (destructive.length) {
    const more = additive.length
      ? ` Beside it, nothing would be lost by: ${additive.map(({ text }) => text).join('; ')}.`
      : ''
    throw new ProblemError(
      destructive.map(({ path, text }, i) =>
        problem(
          'MIGRATION_DESTRUCTIVE',
          path,
          `${text}. ${REMEDY}${i === destructive.length - 1 ? more : ''}`,
        ),
      ),
    )
  }
  if (problems.length) throw new ProblemError(problems)
  return additive
}

const REMEDY =
  "Nothing was changed. Take this back in the schema, or give the new member a name of its own (a rename is .was('old'))."

/** Who is no longer one-to-one needs no claims. */
async function releaseClaims(session: Session, model: ModelIR, steps: readonly Step[]): Promise<void> {
  const indexes = steps
    .filter(({ kind }) => kind === 'dropUnique')
    .flatMap(({ path: [entity, field] }) => {
      const owner = model.entities.find(({ name }) => name === entity)
      const number = owner?.fields.find(({ name }) => name === field)?.number
      return owner && number ? [`${owner.number}.${number}`] : []
    })
  if (indexes.length) await session.query('delete from zg.claim where index = any($1::text[])', [indexes])
}

async function keepModel(session: Session, model: ModelIR, hash: string): Promise<void> {
  await session.query(
    'insert into zg.ir (hash, model, at) values ($1, $2::text::jsonb, now()) on conflict (hash) do nothing',
    [hash, JSON.stringify(model)],
  )
  await session.query('update zg.meta set ir = $1', [hash])
}
