import type { Address } from '../act/needs.ts'
import { hlcOf } from '../change/clock.ts'
import { edgeKey } from '../change/id.ts'
import type { Cell, Instance } from '../change/instance.ts'
import type { FieldIR } from '../ir/ir.ts'
import { canonical, isList, type Json } from '../json.ts'
import { type Fixture, films } from '../query/films.suite.ts'

const AT = hlcOf({ ms: 1, counter: 0, replica: 1n })

/** Rows and edges of a fixture as the merged state that a log would have made of them. */
export function heldBy({ rows, edges }: Fixture): readonly (Address & { readonly instance: Instance })[] {
  const held = Object.entries(rows).flatMap(([name, list]) => {
    const { ir } = films.entity(name)
    return list.map(row => {
      const cells = ir.fields.map(field => [field.number, cellOf(field, row[field.name] ?? null)] as const)
      const instance: Instance = { born: AT, dead: null, cells: Object.fromEntries(cells) }
      return { entity: ir.number, key: row.id, instance }
    })
  })
  const edge: Instance = { born: null, dead: null, cells: { 0: { kind: 'edge', tags: { [AT]: 1 } } } }
  const pairs = Object.entries(edges).flatMap(([relation, list]) =>
    list.map(([from, to]) => ({
      entity: films.relation(relation).number,
      key: edgeKey(from, to),
      instance: edge,
    })),
  )
  return [...held, ...pairs]
}

function cellOf({ crdt }: FieldIR, value: Json): Cell {
  if (crdt === 'counter') return { kind: 'counter', sum: String(value) }
  if (crdt === 'register') return { kind: 'register', at: AT, value }
  if (crdt === 'json') return { kind: 'json', paths: value === null ? {} : { '': { at: AT, value } } }
  const elements = isList(value) ? value.map(one => [canonical(one), { [AT]: 1 }]) : []
  return { kind: 'set', elements: Object.fromEntries(elements) }
}
