import type { Address } from '@zg/core/act/needs'
import { addressKey } from '@zg/core/act/overlay'
import { parseEdgeKey } from '@zg/core/change/id'
import type { Instance } from '@zg/core/change/instance'
import type { Catalog } from '@zg/core/ir/catalog'
import type { ReplicaEvent, ReplicaText } from '@zg/core/ports/feed'
import { NO_TEXTS, type Texts } from './slot.ts'

/** A row or edge as a gateway sent it. */
export interface Held extends Address {
  readonly instance: Instance
  readonly texts: Texts
}

/** Everything a gateway has sent and not taken back. */
export interface Confirmed {
  get(address: Address): Held | undefined
  values(): Iterable<Held>
  readonly size: number
  /** Answers what it touched. O(events and the edges of rows that go). */
  apply(events: readonly ReplicaEvent[]): readonly Address[]
  /** Takes back a row with its edges, as an `evict` does. */
  evict(row: Address): readonly Address[]
}

export function createConfirmed(catalog: Catalog, known: Iterable<Held> = []): Confirmed {
  const all = new Map<string, Held>()
  /** Row -> its edges, by `addressKey`. */
  const edges = new Map<string, Map<string, Address>>()

  const put = (held: Held): void => {
    const { entity, key } = held
    all.set(addressKey(held), held)
    for (const end of endsOf(catalog, held)) {
      const name = addressKey(end)
      edges.set(name, (edges.get(name) ?? new Map()).set(addressKey(held), { entity, key }))
    }
  }
  const drop = (address: Address): void => {
    const name = addressKey(address)
    if (!all.delete(name)) return
    for (const end of endsOf(catalog, address)) {
      const list = edges.get(addressKey(end))
      if (list?.delete(name) && list.size === 0) edges.delete(addressKey(end))
    }
  }
  const edgesOf = (row: Address): readonly Address[] => [...(edges.get(addressKey(row))?.values() ?? [])]

  const evict = (address: Address): readonly Address[] => {
    drop(address)
    const alone = edgesOf(address).filter(edge =>
      endsOf(catalog, edge).every(end => !all.has(addressKey(end))),
    )
    for (const edge of alone) drop(edge)
    return [address, ...alone]
  }
  const one = (event: ReplicaEvent): readonly Address[] => {
    const address = { entity: event.entity, key: event.key }
    switch (event.kind) {
      case 'upsert': {
        const before = all.get(addressKey(address))
        put({ ...address, instance: event.instance, texts: grown(before?.texts, event.texts) })
        return [address]
      }
      case 'delete': {
        const gone = [address, ...edgesOf(address)]
        for (const each of gone) drop(each)
        return gone
      }
      case 'evict':
        return evict(address)
    }
  }

  for (const held of known) put(held)
  return {
    get: address => all.get(addressKey(address)),
    values: () => all.values(),
    get size() {
      return all.size
    },
    apply: events => events.flatMap(one),
    evict,
  }
}

/** The rows at the ends of an edge; none of a row. */
function endsOf(catalog: Catalog, { entity, key }: Address): readonly Address[] {
  const relation = catalog.relationByNumber(entity)
  const ends = relation && parseEdgeKey(key)
  if (!ends) return []
  return [
    { entity: catalog.entity(relation.from).ir.number, key: ends.from },
    { entity: catalog.entity(relation.to).ir.number, key: ends.to },
  ]
}

/** A text that comes with a state is whole; else its updates come on top of what is there. */
function grown(known: Texts | undefined, added: readonly ReplicaText[] | undefined): Texts {
  if (!added?.length) return known ?? NO_TEXTS
  const texts = new Map(known)
  for (const { field, source } of added) {
    const before = texts.get(field)
    const whole = !before || source.state !== null
    texts.set(field, whole ? source : { ...before, updates: [...before.updates, ...source.updates] })
  }
  return texts
}
