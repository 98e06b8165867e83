import type { Catalog } from '@zg/core/ir/catalog'
import type { Shape } from '@zg/core/ports/feed'
import type { LogChunk } from '@zg/core/ports/storage'
import { type Keys, keysOf } from '@zg/core/query/keys'
import { readsOf } from '@zg/core/query/reads'
import { byValue, transitions } from './images.ts'

/** Which changes may concern a follower: all others need not be shown to it. */
export interface Interest {
  /** Rows of an entity; with keys, only those that have or had one of them. */
  readonly rows: readonly { readonly entity: string; readonly keys: Keys | null }[]
  /** Edges, by number of their relation. */
  readonly edges: readonly number[]
}

/** `edges`: those of the rows are followed, too. */
export function interestOf(catalog: Catalog, shapes: readonly Shape[], edges: boolean): Interest {
  const rows: Interest['rows'][number][] = []
  const relations = new Set<number>()
  for (const { entity, where } of shapes) {
    const [root, ...others] = readsOf(catalog, entity, where)
    rows.push({ entity, keys: others.length ? null : keysOf(where) })
    for (const read of root ? others : []) {
      rows.push({ entity: read.entity, keys: null })
      if (read.from?.by.kind === 'edge') relations.add(catalog.relation(read.from.by.relation).number)
    }
    for (const { number, from, to } of edges ? catalog.model.relations : []) {
      if (from !== entity && to !== entity) continue
      relations.add(number)
      // Edges come and go with the rows at their far ends.
      rows.push({ entity: from === entity ? to : from, keys: null })
    }
  }
  return { rows, edges: [...relations] }
}

/** Members by what they are interested in: finding those that a chunk concerns costs what these are, not what all are. */
export interface Interests<M> {
  add(member: M, interest: Interest): void
  remove(member: M, interest: Interest): void
  concerned(catalog: Catalog, chunk: LogChunk): ReadonlySet<M>
}

export function createInterests<M>(): Interests<M> {
  /** By entity, field and value; `*` holds those without keys. */
  const byKey = new Map<string, Map<string, Map<unknown, Set<M>>>>()
  const byRelation = new Map<number, Set<M>>()

  const each = ({ rows, edges }: Interest, visit: (list: (make: boolean) => Set<M> | undefined) => void) => {
    for (const { entity, keys } of rows)
      for (const value of keys?.values ?? [ANY])
        visit(make => {
          const fields = at(byKey, entity, make, () => new Map<string, Map<unknown, Set<M>>>())
          const values = fields && at(fields, keys?.field ?? '*', make, () => new Map<unknown, Set<M>>())
          return values && at(values, value, make, () => new Set<M>())
        })
    for (const number of edges) visit(make => at(byRelation, number, make, () => new Set<M>()))
  }

  return {
    add: (member, interest) => each(interest, list => list(true)?.add(member)),
    remove: (member, interest) => {
      each(interest, list => list(false)?.delete(member))
      for (const { entity, keys } of interest.rows) {
        const values = byKey.get(entity)?.get(keys?.field ?? '*')
        for (const value of keys?.values ?? [ANY]) if (values?.get(value)?.size === 0) values.delete(value)
      }
    },
    concerned: (catalog, chunk) => {
      const found = new Set<M>()
      const note = (members: Iterable<M> = []) => {
        for (const member of members) found.add(member)
      }
      for (const entity of new Set(transitions(catalog, chunk).map(move => move.entity))) {
        for (const [field, values] of byKey.get(entity) ?? []) {
          if (field === '*') note(values.get(ANY))
          else for (const value of byValue(catalog, chunk, entity, field).keys()) note(values.get(value))
        }
      }
      for (const { change } of byRelation.size ? chunk.entries : []) note(byRelation.get(change.entity))
      return found
    },
  }
}

const ANY = Symbol('any')

function at<K, V>(map: Map<K, V>, key: K, make: boolean, fresh: () => V): V | undefined {
  const known = map.get(key)
  if (known !== undefined || !make) return known
  const made = fresh()
  map.set(key, made)
  return made
}
