import type { ComputedIR, EdgeRelationIR, EntityIR, FieldIR, InverseIR, ModelIR } from './ir.ts'
import { type Readable, readables } from './readable.ts'

/** A model with its members found by name and by number. Built once per model; lookups are O(1). */
export interface Catalog {
  readonly model: ModelIR
  /** Throws on a name the model does not have: a bug of the caller, not of a user. */
  entity(name: string): EntityView
  entityByNumber(number: number): EntityView | undefined
  entityByPrefix(prefix: string): EntityView | undefined
  relation(name: string): EdgeRelationIR
  relationByNumber(number: number): EdgeRelationIR | undefined
  readonly entities: readonly EntityView[]
}

/** One entity with its members by name. */
export interface EntityView {
  readonly ir: EntityIR
  readonly name: string
  readonly fields: ReadonlyMap<string, FieldIR>
  readonly fieldsByNumber: ReadonlyMap<number, FieldIR>
  readonly inverses: ReadonlyMap<string, InverseIR>
  readonly computed: ReadonlyMap<string, ComputedIR>
  /** Fields and computed fields, as what they read as. */
  readonly readable: ReadonlyMap<string, Readable>
}

export function catalog(model: ModelIR): Catalog {
  const entities = model.entities.map(view)
  const byName = new Map(entities.map(entity => [entity.name, entity]))
  const byNumber = new Map(entities.map(entity => [entity.ir.number, entity]))
  const byPrefix = new Map(entities.map(entity => [entity.ir.prefix, entity]))
  const relationsByName = new Map(model.relations.map(relation => [relation.name, relation]))
  const relationsByNumber = new Map(model.relations.map(relation => [relation.number, relation]))
  return {
    model,
    entities,
    entity: name => found(byName.get(name), `entity ${name}`),
    entityByNumber: number => byNumber.get(number),
    entityByPrefix: prefix => byPrefix.get(prefix),
    relation: name => found(relationsByName.get(name), `relation ${name}`),
    relationByNumber: number => relationsByNumber.get(number),
  }
}

function view(ir: EntityIR): EntityView {
  return {
    ir,
    name: ir.name,
    fields: new Map(ir.fields.map(field => [field.name, field])),
    fieldsByNumber: new Map(ir.fields.map(field => [field.number, field])),
    inverses: new Map(ir.inverses.map(inverse => [inverse.name, inverse])),
    computed: new Map(ir.computed?.map(computed => [computed.name, computed])),
    readable: new Map(readables(ir).map(value => [value.name, value])),
  }
}

function found<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`The model has no ${what}`)
  return value
}
