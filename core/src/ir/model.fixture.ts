import type { EntityIR, FieldIR, ModelIR, TypeIR } from './ir.ts'

/** Builds small models as IR: what tests of the IR itself start from. */
export const text: TypeIR = { kind: 'scalar', scalar: 'string' }

export function field(name: string, type: TypeIR = text, more: Partial<FieldIR> = {}): FieldIR {
  return { name, number: 0, crdt: 'register', type, optional: false, once: false, graphql: {}, ...more }
}

export function refTo(
  to: string,
  onDelete: 'restrict' | 'cascade' | 'setNull' = 'restrict',
  unique = false,
): TypeIR {
  return { kind: 'ref', to, onDelete, unique }
}

export function oneOf(...values: string[]): TypeIR {
  return { kind: 'enum', values }
}

export function entity(
  name: string,
  fields: readonly FieldIR[] = [],
  more: Partial<EntityIR> = {},
): EntityIR {
  return {
    name,
    number: 0,
    prefix: name.toLowerCase(),
    key: [],
    fields: fields.map((own, at) => ({ ...own, number: at + 1 })),
    inverses: [],
    indexes: [],
    graphql: {},
    ...more,
  }
}

/** A many-to-many relation is given by its inverses: owners make it. */
export function modelOf(...entities: EntityIR[]): ModelIR {
  const owned = entities.flatMap(own =>
    own.inverses.flatMap(inverse =>
      inverse.kind === 'edges' && inverse.end === 'from' ? [{ from: own.name, name: inverse.relation }] : [],
    ),
  )
  return {
    format: 1,
    open: true,
    unenforced: [],
    entities: entities.map((own, at) => ({ ...own, number: at + 1 })),
    relations: owned.map(({ from, name }, at) => ({
      name,
      number: entities.length + at + 1,
      from,
      to: entities.find(other => leadsTo(other, name))?.name ?? from,
    })),
  }
}

function leadsTo(entity: EntityIR, relation: string): boolean {
  return entity.inverses.some(
    inverse => inverse.kind === 'edges' && inverse.relation === relation && inverse.end === 'to',
  )
}

/** Both ends of a many-to-many. */
export function edges(name: string, relation: string, end: 'from' | 'to'): EntityIR['inverses'][number] {
  return { kind: 'edges', name, relation, end }
}
