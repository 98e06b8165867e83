import type { Address } from '../act/needs.ts'
import { CHANGE_VERSION, type Change, type Op } from '../change/change.ts'
import { hlcOf } from '../change/clock.ts'
import { type Instance, NOTHING } from '../change/instance.ts'
import { apply, beforeOf } from '../change/merge.ts'
import type { Json } from '../json.ts'
import type { Batch, BatchNeeds, Entry, Storage, Writes } from './storage.ts'

/** Changes to films, and what a writer does with them. */
export const NO_NEEDS: BatchNeeds = {
  instances: [],
  inbound: [],
  claims: [],
  stamps: [],
  fresh: [],
  verdicts: [],
  clients: [],
}
export const FILM = 1
export const PERSON = 2
export const REVIEW = 4
const TAG = 5
export const FILM_TAGS = 6

let tenants = 0
/** Tests share a database and stay apart by tenant. */
export const freshTenant = () => `s${++tenants}`

export const hlc = (ms: number, counter = 0) => hlcOf({ ms, counter, replica: 7n })

export function change(tenant: string, id: string, { entity, key }: Address, ...ops: readonly Op[]): Change {
  const mutation = { client: 'c', n: 1, index: 0 }
  return {
    v: CHANGE_VERSION,
    id,
    tenant,
    schema: 'a0',
    entity,
    key,
    ops,
    base: null,
    by: 'anonymous',
    mutation,
  }
}

export const create: Op = { field: 0, kind: 'create' }
export const remove: Op = { field: 0, kind: 'delete' }
export const link: Op = { field: 0, kind: 'edge', add: true, remove: [] }
export const unlink = (...tags: string[]): Op => ({ field: 0, kind: 'edge', add: false, remove: tags })
export const set = (field: number, value: Json): Op => ({ field, kind: 'register', value })

export const film = (id: string): Address => ({ entity: FILM, key: `film_${id}` })
export const tag = (id: string): Address => ({ entity: TAG, key: `tag_${id}` })
export const tagging = (one: string, other: string): Address => ({
  entity: FILM_TAGS,
  key: `film_${one}|tag_${other}`,
})
export const place = ({ entity, key }: Address) => `${entity}/${key}`

/** What a writer does with changes: loads, merges, saves. Each inner list is one mutation. */
export async function append(
  storage: Storage,
  tenant: string,
  ...mutations: readonly (readonly Change[])[]
): Promise<void> {
  await storage.batch([tenant], { wait: true }, batch => appendIn(batch, tenant, mutations))
}

/** As `append`, asking along with the lock, and saving each mutation as a part of its own. */
export async function appendParts(
  storage: Storage,
  tenant: string,
  ...mutations: readonly (readonly Change[])[]
): Promise<void> {
  const needs = { ...NO_NEEDS, instances: touchedBy(mutations) }
  await storage.batch([tenant], { wait: true, needs: new Map([[tenant, needs]]) }, async batch => {
    const { instances } = await batch.load(tenant, needs)
    const state = new Map(needs.instances.map((at, i) => [place(at), instances[i] ?? NOTHING]))
    let { seq, hlc = null } = batch.heads.get(tenant) ?? { seq: Number.NaN }
    for (const mutation of mutations) {
      const entries = entriesOf(seq, [mutation], state)
      seq += entries.length
      hlc = latest(hlc, entries)
      await batch.save(tenant, writesOf({ seq, hlc }, entries, state))
    }
  })
}

export async function appendIn(
  batch: Batch,
  tenant: string,
  mutations: readonly (readonly Change[])[],
  more: Partial<Writes> = {},
): Promise<void> {
  const head = batch.heads.get(tenant)
  if (!head) throw new Error('The tenant is not locked')
  const touched = touchedBy(mutations)
  const loaded = await batch.load(tenant, { ...NO_NEEDS, instances: touched })
  const state = new Map(touched.map((at, i) => [place(at), loaded.instances[i] ?? NOTHING]))
  const entries = entriesOf(head.seq, mutations, state)
  const next = { seq: head.seq + entries.length, hlc: latest(head.hlc, entries) }
  await batch.save(tenant, { ...writesOf(next, entries, state), ...more })
}

function touchedBy(mutations: readonly (readonly Change[])[]): readonly Address[] {
  return [
    ...new Map(mutations.flat().map(one => [place(one), { entity: one.entity, key: one.key }])).values(),
  ]
}

/** Numbers them and merges them into `state`. */
function entriesOf(
  seq: number,
  mutations: readonly (readonly Change[])[],
  state: Map<string, Instance>,
): readonly Entry[] {
  const entries: Entry[] = []
  for (const mutation of mutations) {
    mutation.forEach((one, i) => {
      const instance = state.get(place(one)) ?? NOTHING
      const last = i === mutation.length - 1
      entries.push({ seq: seq + entries.length + 1, change: one, before: beforeOf(instance, one), last })
      state.set(place(one), apply(instance, one))
    })
  }
  return entries
}

function writesOf(
  head: Writes['head'],
  entries: readonly Entry[],
  state: ReadonlyMap<string, Instance>,
): Writes {
  const seqs = new Map(entries.map(entry => [place(entry.change), entry]))
  const instances = [...seqs].map(
    ([
      at,
      {
        seq,
        change: { entity, key },
      },
    ]) => ({
      entity,
      key,
      instance: state.get(at) ?? NOTHING,
      seq,
    }),
  )
  return { head, entries, instances, claims: [], verdicts: [] }
}

function latest(known: string | null, entries: readonly Entry[]): string | null {
  return [known ?? '', ...entries.map(entry => entry.change.id)].sort().at(-1) || null
}

export async function load(storage: Storage, tenant: string, needs: Partial<BatchNeeds>) {
  return storage.batch([tenant], { wait: true }, batch => batch.load(tenant, { ...NO_NEEDS, ...needs }))
}

export async function instance(
  storage: Storage,
  tenant: string,
  address: Address,
): Promise<Instance | undefined> {
  return (await load(storage, tenant, { instances: [address] })).instances[0]
}

/** An edge without tags is as good as none: a storage need not keep it. */
export function normal(one: Instance | undefined): Instance | undefined {
  const cell = one?.cells[0]
  return cell?.kind === 'edge' && Object.keys(cell.tags).length === 0 ? NOTHING : one
}
