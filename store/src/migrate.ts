import { compareModels, type Step } from '@zg/core/ir/compare'
import { modelHash } from '@zg/core/ir/hash'
import type { ModelIR } from '@zg/core/ir/ir'
import type { Json } from '@zg/core/json'
import { ProblemError, problem } from '@zg/core/problem'
import { alikeSchema, indexAlike } from './alike.ts'
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
  return database.transaction('migration', async session => {
    await session.query('select pg_advisory_xact_lock($1::bigint)', [MIGRATION_LOCK])
    await systemTables(session)
    const old = await currentModel(session)
    const indexed = async () => indexAlike(session, layout(model, await alikeSchema(session)))
    if (old && modelHash(old) === hash) {
      await indexed()
      return []
    }
    const steps = old ? await planned(session, old, model) : []
    const statements = old
      ? alterTables(layout(old), layout(model))
      : projectionTables(layout(model)).flatMap(createTable)
    for (const statement of statements) await session.query(statement)
    await releaseClaims(session, steps)
    await keepModel(session, model, hash)
    await indexed()
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

/** The model that the tables follow; null in a database that nobody has served. Changes nothing. */
export async function servedModel(session: Session): Promise<ModelIR | null> {
  const [found] = await session.query<{ there: boolean }>(
    `select to_regclass('zg.meta') is not null as there`,
  )
  return found?.there ? currentModel(session) : null
}

/** The model that the projections follow; null in a new database. */
async function currentModel(session: Session): Promise<ModelIR | null> {
  const [found] = await session.query<{ model: Json }>(
    'select ir.model from zg.meta join zg.ir on ir.hash = meta.ir',
  )
  return found ? (found.model as unknown as ModelIR) : null
}

async function planned(session: Session, old: ModelIR, model: ModelIR): Promise<readonly Step[]> {
  const { additive, destructive: all, problems } = compareModels(old, model)
  const harmless = await emptyUniques(session, old, model, all)
  const destructive = all.filter(step => !harmless.includes(step))
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
  return [...additive, ...harmless]
}

/** Values that no row holds cannot be held twice: new unique keys of entities without rows, in any tenant. */
async function emptyUniques(
  session: Session,
  old: ModelIR,
  model: ModelIR,
  steps: readonly Step[],
): Promise<readonly Step[]> {
  const tables = new Map(layout(old).entities)
  const empty: Step[] = []
  for (const step of steps) {
    if (step.kind !== 'addUnique') continue
    const number = model.entities.find(({ name }) => name === step.path[0])?.number ?? 0
    const table = tables.get(number)
    if (!table) continue
    const [held] = await session.query<{ held: boolean }>(
      `select exists (select from ${table.sql})
        or exists (select from zg.waiting where entity = $1::int) as held`,
      [String(number)],
    )
    if (!held?.held) empty.push(step)
  }
  return empty
}

const REMEDY =
  "Nothing was changed. Take this back in the schema, or give the new member a name of its own (a rename is .was('old'))."

/** Who is no longer unique needs no claims; and should he be it again, none may be there. */
async function releaseClaims(session: Session, steps: readonly Step[]): Promise<void> {
  const indexes = steps.flatMap(({ claims }) => claims ?? [])
  if (indexes.length) await session.query('delete from zg.claim where index = any($1::text[])', [indexes])
}

async function keepModel(session: Session, model: ModelIR, hash: string): Promise<void> {
  await session.query(
    'insert into zg.ir (hash, model, at) values ($1, $2::text::jsonb, now()) on conflict (hash) do nothing',
    [hash, JSON.stringify(model)],
  )
  await session.query('update zg.meta set ir = $1', [hash])
}
