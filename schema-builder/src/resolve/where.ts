import type { Catalog } from '@zg/core/ir/catalog'
import type { FieldIR, InverseIR } from '@zg/core/ir/ir'
import { type Names, onMember } from '@zg/core/ir/names'
import { isReference } from '@zg/core/ir/refer'
import type { Json } from '@zg/core/json'
import { type Expression, FALSE, type Operand, TRUE } from '@zg/core/query/expression'
import { negate } from '@zg/core/query/negate'
import { normalExpression } from '@zg/core/query/normal'
import { stepOn, targetOf } from '@zg/core/query/path'
import { membersOf } from './members.ts'
import { refusal } from './refusal.ts'

/** A filter object as GraphQL has coerced it. */
type Filter = { readonly [name: string]: unknown }

/** What parsing a filter needs to know, and where in the input and in the relations it stands. */
interface Place {
  readonly catalog: Catalog
  readonly names: Names
  readonly entity: string
  /** To-one relations from the queried entity to here. */
  readonly prefix: readonly string[]
  /** Into the arguments, for messages. */
  readonly at: readonly string[]
}

/**
 * `where` as an expression, `MovieChangeWhere` as well. An empty filter is true; all members of one object must hold. Null is refused
 * everywhere (`NULL_COMPARISON`): nothing equals null, and a client that means "no value" has `isNull`.
 */
export function whereOf(catalog: Catalog, names: Names, entity: string, input: unknown): Expression {
  const place: Place = { catalog, names, entity, prefix: [], at: ['where'] }
  return normalExpression(catalog, entity, filter(place, input))
}

function filter(place: Place, input: unknown): Expression {
  if (input === undefined || (input === null && place.at.length === 1)) return TRUE
  return all(
    Object.entries(object(place, input)).map(([name, value]) => part(deeper(place, name), name, value)),
  )
}

function part(place: Place, name: string, value: unknown): Expression {
  if (name === 'and') return all(filters(place, value))
  if (name === 'or') return any(filters(place, value))
  if (name === 'not') return all(filters(place, value).map(negate))
  if (name === 'id') return operators(place, operand(place, 'id'), value)
  const own = place.names.entities[place.entity]
  const member = own && membersOf(place.catalog.entity(place.entity), own).byName.get(name)
  if (!member) throw new Error(`${place.entity} has no member ${name}`)
  if (member.kind === 'computed') return operators(place, operand(place, member.name), value)
  return member.kind === 'field' ? field(place, member.field, value) : inverse(place, member.inverse, value)
}

function field(place: Place, { name, type, crdt }: FieldIR, value: unknown): Expression {
  if (crdt === 'set') return elements(place, operand(place, name), value)
  if (!isReference(type)) return operators(place, operand(place, name), value)
  if (type.kind === 'refs') return polymorphic(place, name, type.to, value)
  return filter(step(place, name, type.to), value)
}

/** `onCustomer` holds for a customer that its filter holds for: an empty one asks for the kind of row only. */
function polymorphic(place: Place, name: string, to: readonly string[], value: unknown): Expression {
  return all(
    Object.entries(object(place, value)).map(([member, inner]) => {
      if (member === 'id') return operators(deeper(place, member), operand(place, name), inner)
      const entity = to.find(one => onMember(place.names, one) === member)
      if (entity === undefined) throw new Error(`${place.entity}.${name} has no filter ${member}`)
      const target = step(deeper(place, member), stepOn(name, entity), entity)
      return all([{ kind: 'isNotNull', left: operand(target, 'id') }, filter(target, inner)])
    }),
  )
}

function inverse(place: Place, relation: InverseIR, value: unknown): Expression {
  if (relation.kind === 'single') return filter(step(place, relation.name, relation.from), value)
  const path = [...place.prefix, relation.name]
  const target = { ...place, entity: targetOf(place.catalog, relation), prefix: [] }
  return all(
    Object.entries(object(place, value)).map(([name, inner]) => {
      const where = filter(deeper(target, name), inner)
      if (name === 'every') return { kind: 'none', path, where: negate(where) }
      return { kind: name as 'some' | 'none', path, where }
    }),
  )
}

function operators(place: Place, left: Operand, value: unknown): Expression {
  return all(
    Object.entries(object(place, value)).map(([name, right]) =>
      operator(deeper(place, name), left, name, right),
    ),
  )
}

function operator(place: Place, left: Operand, name: string, given: unknown): Expression {
  const value = present(place, given)
  switch (name) {
    case 'isNull':
      return { kind: value === true ? 'isNull' : 'isNotNull', left }
    case 'in':
    case 'notIn':
      return { kind: name, left, values: list(value) }
    case 'contains':
    case 'startsWith':
      return { kind: name, left, text: String(value) }
    case 'eq':
    case 'ne':
    case 'lt':
    case 'lte':
    case 'gt':
    case 'gte':
      return { kind: name, left, right: { kind: 'value', value } }
    default:
      throw new Error(`No operator ${name}`)
  }
}

/** Over a set: `has` one element, `hasAny` of several, `hasAll` of them. */
function elements(place: Place, left: Operand, value: unknown): Expression {
  return all(
    Object.entries(object(place, value)).map(([name, given]) => {
      const wanted = present(deeper(place, name), given)
      const tests = list(wanted).map((element): Expression => ({ kind: 'has', left, element }))
      return name === 'hasAny' ? any(tests) : all(tests)
    }),
  )
}

function filters(place: Place, value: unknown): readonly Expression[] {
  return list(present(place, value)).map((item, i) => filter(deeper(place, String(i)), item))
}

function object(place: Place, value: unknown): Filter {
  return present(place, value) as unknown as Filter
}

function present(place: Place, value: unknown): Json {
  if (value !== null && value !== undefined) return value as Json
  const remedy = 'nothing equals null; leave it out, or use isNull to ask for a missing value'
  throw refusal('NULL_COMPARISON', place.at, remedy)
}

function list(value: Json): readonly Json[] {
  return Array.isArray(value) ? value : [value]
}

function deeper(place: Place, name: string): Place {
  return { ...place, at: [...place.at, name] }
}

function step(place: Place, relation: string, entity: string): Place {
  return { ...place, entity, prefix: [...place.prefix, relation] }
}

function operand(place: Place, name: string): Operand {
  return { kind: 'path', path: [...place.prefix, name] }
}

function all(parts: readonly Expression[]): Expression {
  const [only, ...rest] = parts
  return only && !rest.length ? only : parts.length ? { kind: 'and', of: parts } : TRUE
}

function any(parts: readonly Expression[]): Expression {
  return parts.length ? { kind: 'or', of: parts } : FALSE
}
