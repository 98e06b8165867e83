import type { Act, FieldAct, FieldActs, TextBase } from '@zg/core/act/act'
import { checkActs } from '@zg/core/act/check'
import type { Checks } from '@zg/core/act/checks'
import { validate } from '@zg/core/act/validate'
import { decodeBytes, encodeBytes } from '@zg/core/base64url'
import { EMPTY_TEXT, TEXT_UPDATE_LIMIT, type TextSource } from '@zg/core/change/kinds/text'
import type { Catalog, EntityView } from '@zg/core/ir/catalog'
import type { FieldIR } from '@zg/core/ir/ir'
import type { Storage, TextAddress } from '@zg/core/ports/storage'
import type { TextWork } from '@zg/core/ports/textWork'
import type { Mutation } from '@zg/core/ports/writer'
import { type Problem, problem } from '@zg/core/problem'
import { TextTimeout } from './thread.ts'

/** What is to be prepared. */
export type Asked = Pick<Mutation, 'scope' | 'acts'>

/** A mutation whose edits of texts have become admitted updates, and what keeps those that have not from it. */
export interface Prepared {
  readonly acts: readonly Act[]
  readonly unfit: readonly Problem[]
  readonly repeats: readonly Repeat[]
}

/** An edit that brings a text no words, and says some that have been deleted: whose they were is asked under the lock. */
export interface Repeat extends TextAddress {
  /** The index of its act or change. */
  readonly at: number
  readonly name: string
  /** `Admission.among`. */
  readonly among: readonly number[]
}

export interface PrepareOptions {
  readonly catalog: Catalog
  /** The model's validation functions: of a text they see how it reads after an update. */
  readonly checks: Checks
  readonly storage: Storage
  readonly work: TextWork
  readonly random: (bytes: number) => Uint8Array
}

type TextAct = Extract<FieldAct, { readonly kind: 'replace' | 'text' }>

/** Whether it edits any text: all others need no preparing. Never throws, whatever it is given. O(fields). */
export function editsTexts({ acts }: Pick<Mutation, 'acts'>): boolean {
  try {
    return acts.some(act => act.kind !== 'delete' && Object.values(act.fields).some(isTextAct))
  } catch {
    return false
  }
}

/**
 * Opens the texts that a mutation edits, before its turn at the lock: replacements become updates against the text
 * they were seen from, strangers' updates are judged. What others write meanwhile merges. `rows`: of acts
 * that turned out to be about another row (`UnpreparedText`), its id; those with a condition wait for that.
 */
export async function prepareTexts(
  options: PrepareOptions,
  mutation: Asked,
  rows: ReadonlyMap<number, string>,
): Promise<Prepared> {
  const { acts } = mutation
  // What is unfit anyway must reach no statement; the writer says why.
  if (checkActs(options.catalog, acts).length) return { acts, unfit: [], repeats: [] }
  const edits = acts.flatMap((act, i) => editsOf(options.catalog, act, i, rows.get(i)))
  const done = new Map<Edit, Edited>()
  for (const series of grouped(edits, ({ text }) => text).values()) {
    const results = await perform(options, mutation, series)
    for (const [n, edit] of series.entries()) done.set(edit, results[n] ?? UNCHANGED)
  }
  const unfit = edits.flatMap(edit => {
    const problems = done.get(edit)?.problems ?? []
    return problems.map(found => ({ ...found, path: [String(edit.at), edit.name, ...found.path] }))
  })
  const repeats = edits.flatMap((edit): readonly Repeat[] => {
    const among = done.get(edit)?.among ?? []
    return among.length ? [{ ...edit.address, at: edit.at, name: edit.name, among }] : []
  })
  const byAct = grouped(edits, ({ at }) => at)
  const prepared = acts.map((act, i) => {
    const own = byAct.get(i)
    return act.kind === 'delete' || !own ? act : { ...act, fields: withEdits(act.fields, own, done) }
  })
  return { acts: prepared, unfit, repeats }
}

/** One edit of a text. */
interface Edit {
  /** The index of its act. */
  readonly at: number
  readonly name: string
  readonly fieldAct: TextAct
  readonly entity: EntityView
  readonly field: FieldIR
  readonly address: TextAddress
  /** Names the text within its tenant. */
  readonly text: string
  /** The row is made by this very act. */
  readonly fresh: boolean
}

/** An edit as an admitted update, null if it changes nothing or must not; paths of problems begin in the edit. */
interface Edited {
  readonly update: Uint8Array | null
  readonly problems: readonly Problem[]
  /** `Admission.among`. */
  readonly among: readonly number[]
}

const UNCHANGED: Edited = { update: null, problems: [], among: [] }

function unfitEdit(...problems: readonly Problem[]): Edited {
  return { ...UNCHANGED, problems }
}

function editsOf(catalog: Catalog, act: Act, at: number, row: string | undefined): readonly Edit[] {
  // An upsert's update waits until it is known which row it is about.
  if (act.kind === 'delete' || (act.kind === 'update' && act.given && row === undefined)) return []
  const entity = catalog.entity(act.entity)
  const key = row ?? act.id
  return Object.entries(act.fields).flatMap(([name, fieldAct]) => {
    const field = entity.fields.get(name)
    if (!field || !isTextAct(fieldAct)) return []
    const address = { entity: entity.ir.number, key, field: field.number }
    const text = `${address.entity}/${key}/${address.field}`
    return [{ at, name, fieldAct, entity, field, address, text, fresh: act.kind === 'create' }]
  })
}

function grouped<K, T>(items: readonly T[], keyOf: (item: T) => K): ReadonlyMap<K, readonly T[]> {
  const groups = new Map<K, T[]>()
  for (const item of items) {
    const group = groups.get(keyOf(item))
    if (group) group.push(item)
    else groups.set(keyOf(item), [item])
  }
  return groups
}

function withEdits(fields: FieldActs, edits: readonly Edit[], done: ReadonlyMap<Edit, Edited>): FieldActs {
  const made: { [name: string]: FieldAct } = { ...fields }
  for (const edit of edits) {
    const update = done.get(edit)?.update
    delete made[edit.name]
    if (update) {
      made[edit.name] = { kind: 'text', update: encodeBytes(update), admitted: edit.address.key }
    }
  }
  return made
}

function isTextAct(act: FieldAct): act is TextAct {
  return act.kind === 'replace' || act.kind === 'text'
}

/** The edits of one text, each seeing those before it. A run of strangers' updates is judged in one go. */
async function perform(
  options: PrepareOptions,
  mutation: Asked,
  series: readonly Edit[],
): Promise<readonly Edited[]> {
  const results: Edited[] = []
  const written: Uint8Array[] = []
  for (let i = 0; i < series.length; i = results.length) {
    const run = series.slice(i, endOfRun(series, i))
    const [first] = run
    if (!first) break
    const made =
      first.fieldAct.kind === 'replace'
        ? [await replaced(options, mutation, first, written, first.fieldAct)]
        : await admitted(options, mutation, run, written)
    results.push(...made)
    for (const { update } of made) if (update) written.push(update)
  }
  return results
}

/** Behind the strangers' updates that begin there, or behind the one replacement. */
function endOfRun(series: readonly Edit[], from: number): number {
  let end = from
  while (series[end]?.fieldAct.kind === 'text') end++
  return Math.max(end, from + 1)
}

/** A text as it stands, and what this mutation has written into it; with `after`, only what came behind that. */
async function sourceOf(
  storage: Storage,
  tenant: string,
  { address, fresh }: Edit,
  written: readonly Uint8Array[],
  after: number | null = null,
): Promise<{ readonly source: TextSource; readonly seq: number }> {
  const request = after === null ? { ...address, at: null } : { ...address, at: null, after }
  const [stored] = fresh ? [] : await storage.texts(tenant, [request])
  const { state, updates } = stored?.source ?? EMPTY_TEXT
  return { source: { state, updates: [...updates, ...written] }, seq: stored?.seq ?? 0 }
}

/** The text at the position an editor says to have seen it at. */
async function baseOf(
  storage: Storage,
  tenant: string,
  address: TextAddress,
  base: TextBase,
): Promise<TextSource | Problem> {
  const at = Object.hasOwn(base.seqs, tenant) ? base.seqs[tenant] : undefined
  if (base.log !== storage.log || at === undefined) {
    const whose = base.log === storage.log ? 'tenant' : 'database'
    return badBase(`This cursor is of another ${whose}; leave \`base\` out, or read the text again`)
  }
  const head = (await storage.heads([tenant])).get(tenant)?.seq ?? 0
  if (at > head) return badBase('This cursor is ahead of the log: was the database restored from a backup?')
  const [stored] = await storage.texts(tenant, [{ ...address, at }])
  return stored?.source ?? EMPTY_TEXT
}

function badBase(message: string): Problem {
  return problem('BAD_CURSOR', ['replace', 'base'], message)
}

async function replaced(
  { storage, work, random }: PrepareOptions,
  { scope: { tenant } }: Asked,
  edit: Edit,
  written: readonly Uint8Array[],
  { value, base }: Extract<TextAct, { kind: 'replace' }>,
): Promise<Edited> {
  const source =
    base === null || edit.fresh
      ? (await sourceOf(storage, tenant, edit, written)).source
      : await baseOf(storage, tenant, edit.address, base)
  if ('code' in source) return unfitEdit(source)
  const client = random(4).reduce((number, byte) => number * 256 + byte, 0)
  const update = await work.revise(source, value, client).catch(tooSlow)
  if (!update) return UNCHANGED
  if ('code' in update) return unfitEdit(update)
  if (update.length <= TEXT_UPDATE_LIMIT) return { ...UNCHANGED, update }
  const message = `A text may be edited by ${TEXT_UPDATE_LIMIT} bytes at once at most; send it in parts`
  return unfitEdit(problem('TOO_LARGE', ['replace', 'value'], message))
}

/** A text so large, or so much of it another, is a problem of its editor. */
function tooSlow(error: unknown): Problem {
  if (!(error instanceof TextTimeout)) throw error
  const message = 'The text takes too long to compare with what it was; edit it in smaller steps'
  return problem('TOO_LARGE', ['replace', 'value'], message)
}

async function admitted(
  { work, storage, checks }: PrepareOptions,
  { scope: { tenant } }: Asked,
  run: readonly Edit[],
  written: readonly Uint8Array[],
): Promise<readonly Edited[]> {
  const [first] = run
  if (!first) return []
  const admissions = await work.admit({
    // What this mutation has written, or makes, is not in the log yet: nobody else must go on from there.
    text: first.fresh || written.length ? null : JSON.stringify([tenant, first.text]),
    updates: run.map(({ fieldAct }) => bytesOf(fieldAct)),
    plain: first.field.check === true,
    load: after => sourceOf(storage, tenant, first, written, after),
  })
  return admissions.map(admission => {
    if (admission.kind === 'known') return { ...UNCHANGED, among: admission.among }
    if (admission.kind === 'refused') return refused(admission.why)
    // Whose Yjs client wrote it is asked under the lock (store/writer/authors).
    const { update, plain, among } = admission
    const { entity, field } = first
    const problems = plain === null ? [] : validate(entity, field, plain, ['update'], checks)
    return { update, problems, among }
  })
}

function bytesOf(act: TextAct): Uint8Array {
  return (act.kind === 'text' ? decodeBytes(act.update) : null) ?? new Uint8Array()
}

function refused(why: string): Edited {
  return unfitEdit(problem('BAD_TEXT_UPDATE', ['update'], `The update ${why}`))
}
