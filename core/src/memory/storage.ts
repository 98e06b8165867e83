import type { Address, Facts, Logged, Reference } from '../act/needs.ts'
import { addressKey, referredId } from '../act/overlay.ts'
import type { Hlc } from '../change/clock.ts'
import { type Instance, NOTHING } from '../change/instance.ts'
import { clientOf } from '../change/kinds/text.ts'
import type { Catalog } from '../ir/catalog.ts'
import { isReference, referredEntity } from '../ir/refer.ts'
import {
  type Batch,
  type BatchFacts,
  type BatchNeeds,
  type Client,
  type Entry,
  type Expiry,
  type Head,
  StatementRefused,
  type Storage,
  type StoredVerdict,
  type TextAddress,
  type TextAuthor,
  type VerdictKey,
  type Writes,
} from '../ports/storage.ts'
import { instancesAt, readEntries, textAt, textUpdates } from './log.ts'
import { projections } from './projection.ts'
import { memoryView } from './view.ts'

/** A Storage in Maps, and what readers over it need to see. */
export interface MemoryStorage extends Storage {
  tenant(name: string): TenantState
}

/** Everything one tenant holds. Mutated only at the commit of a batch, in one synchronous step. */
export interface TenantState {
  head: Head
  readonly entries: Entry[]
  readonly instances: Map<string, Address & { readonly instance: Instance }>
  /** Target -> the references to it. */
  readonly inbound: Map<string, Map<string, Reference>>
  readonly claims: Map<string, string>
  readonly verdicts: Map<string, StoredVerdict & VerdictKey & { readonly at: number }>
  /** The greatest n of each client. */
  readonly clients: Map<string, number>
  /** The log by id of change. */
  readonly stamps: Map<Hlc, Logged>
}

export interface MemoryStorageOptions {
  readonly catalog: Catalog
  readonly log: string
  /** Its clock, ms since 1970; absent: it stands still, and nothing grows old. */
  readonly now?: () => number
}

/** What the tests and the simulator drive the real writer with. */
export function memoryStorage({ catalog, log, now = () => 0 }: MemoryStorageOptions): MemoryStorage {
  const tenants = new Map<string, TenantState>()
  const locks = createLocks()
  const projected = projections(catalog, name => tenant(name))

  const tenant = (name: string): TenantState => {
    const known = tenants.get(name)
    if (known) return known
    const fresh = emptyTenant()
    tenants.set(name, fresh)
    return fresh
  }

  return {
    log,
    lanes: 2,
    tenant,
    batch: async (names, { wait }, work) => {
      const held = await locks.take([...new Set(names)], wait)
      const pending: (readonly [string, Writes])[] = []
      const batch: Batch = {
        heads: new Map(held.names.map(name => [name, tenant(name).head])),
        now: now(),
        load: async (name, needs) => load(tenant(name), needs),
        textAuthors: async (name, asked) =>
          asked.map(one => textAuthor(tenant(name).entries, one, one.client)),
        save: async (name, writes) => {
          pending.push([name, writes])
        },
      }
      try {
        const result = await work(batch)
        for (const [name, writes] of pending) save(catalog, tenant(name), writes)
        return result
      } finally {
        held.release()
      }
    },
    heads: async names => new Map(names.map(name => [name, tenant(name).head])),
    texts: async (name, requests) => requests.map(request => textAt(tenant(name).entries, request)),
    // Folds save work, and here there is none to save: texts are read from their updates.
    unfolded: async () => [],
    entries: async (name, after, limit) => readEntries(tenant(name), after, limit),
    images: async (name, addresses, at) => instancesAt(tenant(name), addresses, at),
    view: (name, work) => {
      const { seq, rows } = projected(name)
      return work(memoryView(catalog, tenant(name), seq, rows))
    },
    close: async () => {},
  }
}

function emptyTenant(): TenantState {
  return {
    head: { seq: 0, hlc: null },
    entries: [],
    instances: new Map(),
    inbound: new Map(),
    claims: new Map(),
    verdicts: new Map(),
    clients: new Map(),
    stamps: new Map(),
  }
}

function load(state: TenantState, needs: BatchNeeds): BatchFacts {
  const taken = needs.fresh.find(address => state.instances.has(addressKey(address)))
  if (taken) throw new StatementRefused(new Error(`${taken.key} is not fresh: it is there`))
  return {
    ...facts(state, needs),
    verdicts: needs.verdicts.map(key => stored(state.verdicts.get(verdictText(key)))),
    clients: needs.clients.map(client => state.clients.get(clientText(client)) ?? 0),
  }
}

function stored(known: StoredVerdict | undefined): StoredVerdict | null {
  if (!known) return null
  const { bodyHash, verdict, ids, seq } = known
  return { bodyHash, verdict, ids, seq }
}

function expire({ verdicts }: TenantState, { clients, before, limit }: Expiry): void {
  const old = [...verdicts]
    .filter(([, { client, at }]) => client.startsWith(clients) && at < before)
    .sort(([, one], [, other]) => one.at - other.at)
  for (const [key] of old.slice(0, limit)) verdicts.delete(key)
}

function facts(state: TenantState, needs: BatchNeeds): Facts {
  return {
    instances: needs.instances.map(address => state.instances.get(addressKey(address))?.instance ?? NOTHING),
    inbound: needs.inbound.map(address => [...(state.inbound.get(addressKey(address))?.values() ?? [])]),
    claims: needs.claims.map(({ index, value }) => state.claims.get(`${index}/${value}`) ?? null),
    stamps: needs.stamps.map(stamp => state.stamps.get(stamp) ?? null),
  }
}

function save(catalog: Catalog, state: TenantState, writes: Writes): void {
  state.head = writes.head
  for (const entry of writes.entries) {
    const { seq, change } = entry
    state.entries.push(entry)
    state.stamps.set(change.id, { seq, client: change.mutation.client })
  }
  for (const { entity, key, instance } of writes.instances) place(catalog, state, { entity, key }, instance)
  for (const { index, value, id } of writes.claims) {
    if (id === null) state.claims.delete(`${index}/${value}`)
    else state.claims.set(`${index}/${value}`, id)
  }
  for (const verdict of writes.verdicts) {
    const client = clientText(verdict)
    state.verdicts.set(verdictText(verdict), verdict)
    state.clients.set(client, Math.max(verdict.n, state.clients.get(client) ?? 0))
  }
  if (writes.expire) expire(state, writes.expire)
}

function place(catalog: Catalog, state: TenantState, address: Address, instance: Instance): void {
  const key = addressKey(address)
  const previous = state.instances.get(key)?.instance ?? NOTHING
  if (isBlank(instance)) state.instances.delete(key)
  else state.instances.set(key, { ...address, instance })
  const entity = catalog.entityByNumber(address.entity)
  for (const field of entity?.ir.fields ?? []) {
    const { type } = field
    if (!isReference(type)) continue
    const target = (id: string) =>
      addressKey({ entity: referredEntity(catalog, type, id)?.ir.number ?? 0, key: id })
    const reference: Reference = { ...address, field: field.number }
    const name = `${key}/${field.number}`
    const old = referredId(previous, field.number)
    const now = referredId(instance, field.number)
    if (old !== null) state.inbound.get(target(old))?.delete(name)
    if (now !== null)
      bucket(state.inbound, target(now), () => new Map<string, Reference>()).set(name, reference)
  }
}

/** An edge without tags is as good as none. */
function isBlank({ born, dead, cells }: Instance): boolean {
  if (born !== null || dead !== null) return false
  return Object.values(cells).every(cell => cell.kind === 'edge' && Object.keys(cell.tags).length === 0)
}

function textAuthor(entries: readonly Entry[], address: TextAddress, yjs: number): TextAuthor | null {
  const first = textUpdates(entries, address).find(({ update }) => clientOf(update) === yjs)
  if (!first) return null
  const { by, mutation } = first.change
  return { by, client: mutation.n > 0 ? mutation.client : null }
}

function clientText({ by, client }: Client): string {
  return JSON.stringify([by, client])
}

function verdictText({ by, client, n }: { by: string; client: string; n: number }): string {
  return JSON.stringify([by, client, n])
}

function bucket<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key)
  if (known !== undefined) return known
  const fresh = make()
  map.set(key, fresh)
  return fresh
}

interface Held {
  readonly names: readonly string[]
  release(): void
}

/** One lock per tenant, first come first served. A batch queues for all of its own at once: no two wait in a circle. */
function createLocks() {
  const queues = new Map<string, (() => void)[]>()

  const release = (name: string): void => {
    const next = queues.get(name)?.shift()
    if (next) next()
    else queues.delete(name)
  }

  const acquire = (name: string): Promise<void> =>
    new Promise(resolve => {
      const waiting = queues.get(name)
      if (waiting) waiting.push(resolve)
      else {
        queues.set(name, [])
        resolve()
      }
    })

  const take = async (names: readonly string[], wait: boolean): Promise<Held> => {
    const free = wait ? names : names.filter(name => !queues.has(name))
    await Promise.all(free.map(acquire))
    return { names: free, release: () => free.forEach(release) }
  }

  return { take }
}
