import { decodeBytes } from '../base64url.ts'
import { keyId, parseId } from '../change/id.ts'
import { TEXT_UPDATE_LIMIT } from '../change/kinds/text.ts'
import type { Catalog, EntityView } from '../ir/catalog.ts'
import type { EdgeRelationIR, FieldIR, InverseIR, TypeIR } from '../ir/ir.ts'
import { isReference, referredEntities, referredEntity } from '../ir/refer.ts'
import type { Json } from '../json.ts'
import { type Problem, problem } from '../problem.ts'
import { normalForm } from '../query/normal.ts'
import { parseValue } from '../query/scalar.ts'
import type { Act, FieldAct, FieldActs } from './act.ts'
import type { Checks } from './checks.ts'
import { checkPlaces } from './document.ts'
import { checkGiven } from './given.ts'
import { MUTATION_LIMIT } from './limit.ts'
import { printable } from './printable.ts'
import { validate } from './validate.ts'

/** All acts of a mutation, each at its index. Nothing is loaded for those that do not pass. */
export function checkActs(catalog: Catalog, acts: readonly Act[], checks: Checks = {}): readonly Problem[] {
  if (acts.length > MUTATION_LIMIT) {
    return [problem('TOO_LARGE', [], `One mutation may have ${MUTATION_LIMIT} steps at most; split it`)]
  }
  const linked = acts.reduce((sum, act) => sum + linksOf(catalog, act), 0)
  if (linked > MUTATION_LIMIT) {
    return [
      problem('TOO_LARGE', [], `One mutation may add and remove ${MUTATION_LIMIT} links at most; split it`),
    ]
  }
  return acts.flatMap((act, i) => checkAct(catalog, act, [String(i)], checks))
}

/** How many other rows an act names to add or remove: each is loaded, and most become a change. */
function linksOf(catalog: Catalog, act: Act): number {
  const entity = catalog.entities.find(({ name }) => name === act.entity)
  if (!entity || act.kind === 'delete' || entity.inverses.size === 0) return 0
  return Object.entries(act.fields).reduce((sum, [name, field]) => {
    return field.kind === 'alter' && entity.inverses.has(name)
      ? sum + field.add.length + field.remove.length
      : sum
  }, 0)
}

/**
 * What can be said of an act without looking at data: names, kinds of fields, types, what is required and what is
 * fixed at creation, what the model's own functions (`checks`) find. Every problem at once, each at its path.
 */
export function checkAct(
  catalog: Catalog,
  act: Act,
  path: readonly string[],
  checks: Checks = {},
): readonly Problem[] {
  const entity = catalog.entities.find(({ name }) => name === act.entity)
  if (!entity) return [problem('UNKNOWN_ENTITY', path, `The schema has no entity ${printable(act.entity)}`)]
  const problems = [...checkId(entity, act.id, [...path, 'id'])]
  if (act.given) problems.push(...checkGiven(catalog, act.given, path))
  if (act.kind === 'delete') return problems
  for (const name of Object.keys(act.fields)) {
    const fieldAct = act.fields[name]
    if (!fieldAct) continue
    const at = [...path, entity.fields.has(name) ? name : printable(name)]
    problems.push(...checkMember({ catalog, checks }, entity, act, name, fieldAct, at))
  }
  if (act.kind === 'create') problems.push(...checkComplete(entity, act.id, act.fields, path))
  return problems
}

function checkId(entity: EntityView, id: string, path: readonly string[]): readonly Problem[] {
  if (parseId(id)?.prefix === entity.ir.prefix) return []
  const example = `${entity.ir.prefix}_...`
  return [
    problem('BAD_ID', path, `${JSON.stringify(id)} is no id of ${entity.name}; those look like ${example}`),
  ]
}

/** An edge between rows of the right entities. */
export function checkEdge(
  catalog: Catalog,
  { relation, from, to }: { readonly relation: EdgeRelationIR; readonly from: string; readonly to: string },
  path: readonly string[],
): readonly Problem[] {
  const at = [...path, 'key']
  return [
    ...checkId(catalog.entity(relation.from), from, at),
    ...checkId(catalog.entity(relation.to), to, at),
  ]
}

/** The model: its IR and its code. */
interface Known {
  readonly catalog: Catalog
  readonly checks: Checks
}

function checkMember(
  { catalog, checks }: Known,
  entity: EntityView,
  act: Exclude<Act, { kind: 'delete' }>,
  name: string,
  fieldAct: FieldAct,
  path: readonly string[],
): readonly Problem[] {
  const field = entity.fields.get(name)
  if (field) {
    if (field.once && act.kind === 'update') {
      return [
        problem('ONCE', path, `${entity.name}.${name} is set when the row is created and never changes`),
      ]
    }
    const problems = checkField(field, fieldAct, path, catalog)
    if (problems.length) return problems
    // How a text reads after an update shows when that is opened (store/text/prepare).
    if (fieldAct.kind === 'replace')
      return validate(entity, field, fieldAct.value, [...path, 'replace', 'value'], checks)
    if (fieldAct.kind !== 'set' || fieldAct.value === null) return []
    return validate(entity, field, fieldAct.value, path, checks)
  }
  const inverse = entity.inverses.get(name)
  if (inverse) return checkInverse(catalog, inverse, fieldAct, path)
  return [problem('UNKNOWN_FIELD', path, `${entity.name} has no field ${printable(name)}`)]
}

function checkField(
  field: FieldIR,
  act: FieldAct,
  path: readonly string[],
  catalog: Catalog,
): readonly Problem[] {
  switch (field.crdt) {
    case 'register':
      if (act.kind !== 'set') return [wrongAct(path, 'is set to a value')]
      if (act.value === null) return field.optional ? [] : [required(path)]
      return checkValue(field.type, act.value, path, catalog)
    case 'counter':
      if (act.kind !== 'increment') return [wrongAct(path, 'is incremented or decremented')]
      return checkValue({ kind: 'scalar', scalar: 'bigint' }, act.by, path, catalog)
    case 'set':
      if (act.kind !== 'alter') return [wrongAct(path, 'is changed by adding and removing elements')]
      return [...act.add, ...act.remove].flatMap(element => checkValue(field.type, element, path, catalog))
    case 'json':
      return act.kind === 'assign' ? checkPlaces(act, path) : [wrongAct(path, 'is changed place by place')]
    case 'text':
      return checkText(act, path)
  }
}

/** As far as it can be told without opening it. */
function checkText(act: FieldAct, path: readonly string[]): readonly Problem[] {
  if (act.kind === 'replace') {
    // UTF-8 is never shorter than this; the rest is measured once it is an update.
    const at = [...path, 'replace', 'value']
    if (act.value.length > TEXT_UPDATE_LIMIT) return [problem('TOO_LARGE', at, `${path.at(-1)} ${LARGE}`)]
    const parsed = parseValue(TEXT, act.value)
    return parsed.ok ? [] : [problem('BAD_VALUE', at, parsed.message)]
  }
  if (act.kind !== 'text') return [wrongAct(path, 'is replaced, or edited by Yjs updates')]
  if (act.update.length > (TEXT_UPDATE_LIMIT * 4 + 2) / 3) {
    return [problem('TOO_LARGE', [...path, 'update'], `${path.at(-1)} ${LARGE}`)]
  }
  if (decodeBytes(act.update)?.length) return []
  return [problem('BAD_TEXT_UPDATE', [...path, 'update'], `${path.at(-1)} must be a Yjs update in base64url`)]
}

const TEXT: TypeIR = { kind: 'scalar', scalar: 'string' }
const LARGE = `may be edited by ${TEXT_UPDATE_LIMIT} bytes at once at most; send it in parts`

function checkInverse(
  catalog: Catalog,
  inverse: InverseIR,
  act: FieldAct,
  path: readonly string[],
): readonly Problem[] {
  const single = inverse.kind === 'single'
  if (single && act.kind !== 'set') return [wrongAct(path, 'is set to an id, or to null')]
  if (!single && act.kind !== 'alter') return [wrongAct(path, 'is changed by adding and removing ids')]
  if (inverse.kind !== 'edges' && catalog.entity(inverse.from).fields.get(inverse.via)?.once) {
    return [
      problem(
        'ONCE',
        path,
        `${inverse.from}.${inverse.via} is set when the row is created and never changes`,
      ),
    ]
  }
  const other = otherEnd(catalog, inverse)
  return namedBy(act).flatMap(id =>
    typeof id === 'string'
      ? checkId(other, id, path)
      : [problem('BAD_VALUE', path, `An id is text, not ${JSON.stringify(id)}`)],
  )
}

/** The other rows that an act names. */
function namedBy(act: FieldAct): readonly Json[] {
  if (act.kind === 'alter') return [...act.add, ...act.remove]
  return act.kind === 'set' && act.value !== null ? [act.value] : []
}

function otherEnd(catalog: Catalog, inverse: InverseIR): EntityView {
  if (inverse.kind !== 'edges') return catalog.entity(inverse.from)
  const relation = catalog.relation(inverse.relation)
  return catalog.entity(inverse.end === 'from' ? relation.to : relation.from)
}

function checkValue(
  type: TypeIR,
  value: Json,
  path: readonly string[],
  catalog: Catalog,
): readonly Problem[] {
  if (isReference(type)) {
    if (typeof value !== 'string')
      return [problem('BAD_VALUE', path, `An id is text, not ${JSON.stringify(value)}`)]
    const referred = referredEntity(catalog, type, value)
    if (referred) return checkId(referred, value, path)
    const examples = referredEntities(type).map(name => `${catalog.entity(name).ir.prefix}_...`)
    const message = `${JSON.stringify(value)} is no id of ${referredEntities(type).join(' or ')}; those look like ${examples.join(' or ')}`
    return [problem('BAD_ID', path, message)]
  }
  const parsed = parseValue(type, value)
  return parsed.ok
    ? []
    : [problem('BAD_VALUE', [...path, ...(parsed.path ?? []).map(printable)], parsed.message)]
}

/** Required fields are there, and an id made from a natural key is that key's. */
function checkComplete(
  entity: EntityView,
  id: string,
  fields: FieldActs,
  path: readonly string[],
): readonly Problem[] {
  const problems = entity.ir.fields
    .filter(
      ({ crdt, optional, default: value, name }) =>
        crdt === 'register' && !optional && value === undefined && !Object.hasOwn(fields, name),
    )
    .map(field => required([...path, field.name]))
  if (problems.length || entity.ir.key.length === 0) return problems
  const key = keyValues(entity, fields)
  const expected = keyId(entity.ir.prefix, key)
  if (id === expected) return []
  const message = `The id of ${entity.name} is made from ${entity.ir.key.join(' and ')}: here ${expected}`
  return [problem('BAD_ID', [...path, 'id'], message)]
}

/** The values of the natural key among an act's fields, in the key's order; null where one is not given. */
export function keyValues(entity: EntityView, fields: FieldActs): readonly Json[] {
  return entity.ir.key.map(name => {
    const field = entity.fields.get(name)
    const act = Object.hasOwn(fields, name) ? fields[name] : undefined
    if (act?.kind !== 'set') return field?.default ?? null
    return field ? normalForm(field.type, act.value) : act.value
  })
}

function required(path: readonly string[]): Problem {
  return problem('REQUIRED', path, `${path.at(-1)} is required; give it a value`)
}

function wrongAct(path: readonly string[], how: string): Problem {
  return problem('BAD_VALUE', path, `${path.at(-1)} ${how}`)
}
