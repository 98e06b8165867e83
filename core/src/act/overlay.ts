import type { Change } from '../change/change.ts'
import type { Hlc } from '../change/clock.ts'
import { type Instance, NOTHING } from '../change/instance.ts'
import { visible } from '../change/merge.ts'
import type { Catalog } from '../ir/catalog.ts'
import { isReference, referredEntity } from '../ir/refer.ts'
import { MUTATION_LIMIT } from './limit.ts'
import type { Address, ClaimKey, Facts, Logged, Needs, Reference } from './needs.ts'

/**
 * What one batch knows of a tenant: facts loaded under the lock, and above them what its accepted mutations
 * have changed. Each mutation works on a draft; only `accept` makes it part of what the next ones see.
 */
export interface Overlay {
  /** The needs not loaded yet; null when all are here. */
  missing(needs: Partial<Needs>): Needs | null
  fill(needs: Needs, facts: Facts): void
  draft(): Draft
  /** What accepted drafts changed, last state each. */
  readonly changed: ReadonlyMap<string, Staged>
  readonly claimed: ReadonlyMap<string, ClaimKey & { readonly id: string | null }>
}

export interface Staged extends Address {
  readonly instance: Instance
}

/** A row or edge that a mutation changes. */
export interface Moved extends Address {
  readonly before: Instance
  readonly after: Instance
}

/** The state one mutation sees and changes. Reading what was not loaded is a bug and throws. */
export interface Draft {
  instance(address: Address): Instance
  inbound(address: Address): readonly Reference[]
  /** Those of them that this draft has made. */
  referring(address: Address): readonly Reference[]
  claim(key: ClaimKey): string | null
  /** Null: no such change was logged, or accepted in this batch. */
  logged(change: Hlc): Logged | null
  missing(needs: Partial<Needs>): Needs | null
  stage(address: Address, instance: Instance): void
  /** What this draft has changed of such entities and relations, before and after. */
  moved(isAsked: (entity: number) => boolean): readonly Moved[]
  setClaim(key: ClaimKey, id: string | null): void
  /** `changes`: those that made it. */
  accept(changes: readonly Change[]): void
}

/** What is not made yet is null: most drafts of a batch change one row and nothing else. */
interface Layer {
  readonly instances: Map<string, Staged>
  claims: Map<string, ClaimKey & { readonly id: string | null }> | null
  /** Target -> reference -> the reference, or null where it no longer refers. */
  references: Map<string, Map<string, Reference | null>> | null
}

export const addressKey = ({ entity, key }: Address): string => `${entity}/${key}`
const claimText = ({ index, value }: ClaimKey): string => `${index}/${value}`
const referenceKey = ({ entity, key, field }: Reference): string => `${entity}/${key}/${field}`

export function createOverlay(catalog: Catalog): Overlay {
  const instances = new Map<string, Instance>()
  const inbound = new Map<string, readonly Reference[]>()
  const claims = new Map<string, string | null>()
  const stamps = new Map<Hlc, Logged | null>()
  const accepted = emptyLayer()
  const claimed: NonNullable<Layer['claims']> = new Map()

  const missing = (needs: Partial<Needs>): Needs | null => {
    const rows = absent(needs.instances, address => instances.has(addressKey(address)))
    const targets = absent(needs.inbound, address => inbound.has(addressKey(address)))
    const keys = absent(needs.claims, key => claims.has(claimText(key)))
    const changes = absent(needs.stamps, stamp => stamps.has(stamp))
    if (rows.length + targets.length + keys.length + changes.length === 0) return null
    return { instances: rows, inbound: targets, claims: keys, stamps: changes }
  }

  const fill = (needs: Needs, facts: Facts): void => {
    needs.instances.forEach((address, i) => {
      instances.set(addressKey(address), facts.instances[i] ?? NOTHING)
    })
    needs.inbound.forEach((address, i) => {
      inbound.set(addressKey(address), facts.inbound[i] ?? [])
    })
    needs.claims.forEach((key, i) => {
      claims.set(claimText(key), facts.claims[i] ?? null)
    })
    needs.stamps.forEach((stamp, i) => {
      if (!stamps.get(stamp)) stamps.set(stamp, facts.stamps[i] ?? null)
    })
  }

  const draft = (): Draft => {
    const own = emptyLayer()

    const instance = (address: Address): Instance => {
      const key = addressKey(address)
      const staged = own.instances.get(key) ?? accepted.instances.get(key)
      return staged ? staged.instance : loaded(instances.get(key), `instance ${key}`)
    }

    return {
      instance,
      missing,
      inbound: address => {
        const target = addressKey(address)
        const known = loaded(inbound.get(target), `references to ${target}`)
        // So many that the list may be cut: taking some off would make the rest look complete.
        if (known.length > MUTATION_LIMIT) return known
        const found = new Map(known.map(r => [referenceKey(r), r]))
        for (const layer of [accepted, own]) {
          for (const [key, reference] of layer.references?.get(target) ?? []) {
            if (reference) found.set(key, reference)
            else found.delete(key)
          }
        }
        return [...found.values()]
      },
      referring: address =>
        [...(own.references?.get(addressKey(address))?.values() ?? [])].flatMap(made => made ?? []),
      claim: key => {
        const text = claimText(key)
        const staged = own.claims?.get(text) ?? claimed.get(text)
        return staged ? staged.id : loaded(claims.get(text), `claim ${text}`)
      },
      logged: change => loaded(stamps.get(change), `change ${change}`),
      stage: (address, next) => {
        const previous = instance(address)
        trackReferences(catalog, own, address, previous, next)
        own.instances.set(addressKey(address), { ...address, instance: next })
      },
      moved: isAsked => {
        const moved: Moved[] = []
        for (const [key, { entity, key: id, instance: after }] of own.instances) {
          if (!isAsked(entity)) continue
          const before =
            accepted.instances.get(key)?.instance ?? loaded(instances.get(key), `instance ${key}`)
          moved.push({ entity, key: id, before, after })
        }
        return moved
      },
      setClaim: (key, id) => {
        own.claims ??= new Map()
        own.claims.set(claimText(key), { ...key, id })
      },
      accept: changes => {
        // They get their places behind all that is logged.
        for (const { id, mutation } of changes) {
          stamps.set(id, { seq: Number.POSITIVE_INFINITY, client: mutation.client })
        }
        for (const [key, staged] of own.instances) accepted.instances.set(key, staged)
        for (const [key, claim] of own.claims ?? []) claimed.set(key, claim)
        for (const [target, references] of own.references ?? []) {
          accepted.references ??= new Map()
          const all = accepted.references.get(target)
          if (!all) accepted.references.set(target, references)
          else for (const [key, reference] of references) all.set(key, reference)
        }
      },
    }
  }

  return { missing, fill, draft, changed: accepted.instances, claimed }
}

/** Notes which to-one fields stopped and started to refer to their targets. */
function trackReferences(
  catalog: Catalog,
  layer: Layer,
  address: Address,
  before: Instance,
  after: Instance,
): void {
  const entity = catalog.entityByNumber(address.entity)
  if (!entity) return
  for (const field of entity.ir.fields) {
    const { type } = field
    if (!isReference(type)) continue
    const old = referredId(before, field.number)
    const now = referredId(after, field.number)
    if (old === now) continue
    const reference: Reference = { ...address, field: field.number }
    const target = (id: string | null) => (id === null ? undefined : referredEntity(catalog, type, id))
    const [left, entered] = [target(old), target(now)]
    if (left && old !== null) note(layer, { entity: left.ir.number, key: old }, reference, null)
    if (entered && now !== null) note(layer, { entity: entered.ir.number, key: now }, reference, reference)
  }
}

function note(layer: Layer, target: Address, reference: Reference, state: Reference | null): void {
  const key = addressKey(target)
  layer.references ??= new Map()
  const references = layer.references.get(key) ?? new Map<string, Reference | null>()
  references.set(referenceKey(reference), state)
  layer.references.set(key, references)
}

/** The id a visible row's to-one field holds, or null. */
export function referredId(instance: Instance, field: number): string | null {
  if (!visible(instance)) return null
  const cell = instance.cells[field]
  return cell?.kind === 'register' && typeof cell.value === 'string' ? cell.value : null
}

function absent<T>(list: readonly T[] = NONE, isThere: (item: T) => boolean): readonly T[] {
  // Asked for each change, and mostly about nothing.
  return list.length === 0 || list.every(isThere) ? NONE : list.filter(item => !isThere(item))
}

const NONE: readonly never[] = []

function emptyLayer(): Layer {
  return { instances: new Map(), claims: null, references: null }
}

function loaded<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`The batch has not loaded ${what}`)
  return value
}
