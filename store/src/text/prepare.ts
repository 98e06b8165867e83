import type { Act, FieldAct } from '@zg/core/act/act'
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

/** A mutation whose edits of texts have become admitted updates, and what keeps those that have not from it. */
export interface Prepared {
  readonly acts: readonly Act[]
  readonly unfit: readonly Problem[]
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
export function editsTexts({ acts }: Mutation): boolean {
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
  mutation: Mutation,
  rows: ReadonlyMap<number, string>,
): Promise<Prepared> {
  const { acts } = mutation
  // What is unfit anyway must reach no statement; the writer says why.
  if (checkActs(options.catalog, acts).length) return { acts, unfit: [] }
  const prepare = { ...options, mutation, written: new Map<string, Uint8Array[]>() }
  const unfit: Problem[] = []
  const prepared: Act[] = []
  for (const [i, act] of acts.entries()) {
    const id = rows.get(i)
    const waits = act.kind === 'update' && act.given !== undefined && id === undefined
    if (act.kind === 'delete' || waits) {
      prepared.push(act)
      continue
    }
    const fields: { [name: string]: FieldAct } = {}
    for (const [name, fieldAct] of Object.entries(act.fields)) {
      if (!isTextAct(fieldAct)) {
        fields[name] = fieldAct
        continue
      }
      const done = await edit(prepare, act, id ?? act.id, name, fieldAct)
      unfit.push(...done.problems.map(found => ({ ...found, path: [String(i), name, ...found.path] })))
      if (done.update)
        fields[name] = { kind: 'text', update: encodeBytes(done.update), admitted: id ?? act.id }
    }
    prepared.push({ ...act, fields })
  }
  return { acts: prepared, unfit }
}

interface Prepare extends PrepareOptions {
  readonly mutation: Mutation
  /** Updates of earlier acts of this mutation, by text: later ones see them. */
  readonly written: Map<string, Uint8Array[]>
}

function isTextAct(act: FieldAct): act is TextAct {
  return act.kind === 'replace' || act.kind === 'text'
}

/** An edit as an admitted update, null if it changes nothing or must not; paths of problems begin in the edit. */
interface Edited {
  readonly update: Uint8Array | null
  readonly problems: readonly Problem[]
}

const UNCHANGED: Edited = { update: null, problems: [] }

function unfitEdit(...problems: readonly Problem[]): Edited {
  return { update: null, problems }
}

async function edit(
  prepare: Prepare,
  act: Act,
  id: string,
  name: string,
  fieldAct: TextAct,
): Promise<Edited> {
  const entity = prepare.catalog.entity(act.entity)
  const field = entity.fields.get(name)
  if (!field) throw new Error(`${entity.name} has no text ${name}`)
  const address: TextAddress = { entity: entity.ir.number, key: id, field: field.number }
  const own = `${address.entity}/${id}/${address.field}`
  const source = await sourceOf(prepare, act, address, fieldAct, prepare.written.get(own) ?? [])
  if ('code' in source) return unfitEdit(source)
  const edited =
    fieldAct.kind === 'replace'
      ? await replaced(prepare, source, fieldAct.value)
      : await admitted(prepare, { entity, field, address }, source, fieldAct.update)
  if (edited.update) prepare.written.set(own, [...(prepare.written.get(own) ?? []), edited.update])
  return edited
}

/** The text that an edit was seen from. */
async function sourceOf(
  { storage, mutation }: Prepare,
  act: Act,
  address: TextAddress,
  fieldAct: TextAct,
  written: readonly Uint8Array[],
): Promise<TextSource | Problem> {
  if (act.kind === 'create') return EMPTY_TEXT
  const { tenant } = mutation.scope
  const base = fieldAct.kind === 'replace' ? fieldAct.base : null
  if (base === null) {
    const { state, updates } = await textAt(storage, tenant, address, null)
    return { state, updates: [...updates, ...written] }
  }
  const at = Object.hasOwn(base.seqs, tenant) ? base.seqs[tenant] : undefined
  if (base.log !== storage.log || at === undefined) {
    const whose = base.log === storage.log ? 'tenant' : 'database'
    return badBase(`This cursor is of another ${whose}; leave \`base\` out, or read the text again`)
  }
  const head = (await storage.heads([tenant])).get(tenant)?.seq ?? 0
  if (at > head) return badBase('This cursor is ahead of the log: was the database restored from a backup?')
  return textAt(storage, tenant, address, at)
}

async function textAt(storage: Storage, tenant: string, address: TextAddress, at: number | null) {
  const [stored] = await storage.texts(tenant, [{ ...address, at }])
  return stored?.source ?? EMPTY_TEXT
}

function badBase(message: string): Problem {
  return problem('BAD_CURSOR', ['replace', 'base'], message)
}

async function replaced({ work, random }: Prepare, source: TextSource, value: string): Promise<Edited> {
  const client = random(4).reduce((number, byte) => number * 256 + byte, 0)
  const update = await work.revise(source, value, client).catch(tooSlow)
  if (!update) return UNCHANGED
  if ('code' in update) return unfitEdit(update)
  if (update.length <= TEXT_UPDATE_LIMIT) return { update, problems: [] }
  const message = `A text may be edited by ${TEXT_UPDATE_LIMIT} bytes at once at most; send it in parts`
  return unfitEdit(problem('TOO_LARGE', ['replace', 'value'], message))
}

/** A text so large, or so much of it another, is a problem of its editor. */
function tooSlow(error: unknown): Problem {
  if (!(error instanceof TextTimeout)) throw error
  const message = 'The text takes too long to compare with what it was; edit it in smaller steps'
  return problem('TOO_LARGE', ['replace', 'value'], message)
}

interface TextPlace {
  readonly entity: EntityView
  readonly field: FieldIR
  readonly address: TextAddress
}

async function admitted(
  { work, storage, mutation, checks }: Prepare,
  { entity, field, address }: TextPlace,
  source: TextSource,
  update: string,
): Promise<Edited> {
  const bytes = decodeBytes(update) ?? new Uint8Array()
  const admission = await work.admit(source, bytes)
  if (admission.kind === 'known') return UNCHANGED
  if (admission.kind === 'refused') return refused(admission.why)
  const { tenant, principal } = mutation.scope
  if (admission.client !== null) {
    const author = await storage.textAuthor(tenant, address, admission.client)
    if (author !== null && author !== principal.id) {
      return refused('goes on as the Yjs client of somebody else; start with a new clientID')
    }
  }
  const problems = validate(entity, field, admission.plain, ['update'], checks)
  return { update: admission.update, problems }
}

function refused(why: string): Edited {
  return unfitEdit(problem('BAD_TEXT_UPDATE', ['update'], `The update ${why}`))
}
