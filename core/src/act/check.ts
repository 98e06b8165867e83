import { keyId, parseId } from '../change/id.ts'
import type { Catalog, EntityView } from '../ir/catalog.ts'
import type { FieldIR, InverseIR, TypeIR } from '../ir/ir.ts'
import type { Json } from '../json.ts'
import { type Problem, problem } from '../problem.ts'
import { parseValue } from '../query/scalar.ts'
import type { Act, FieldAct, FieldActs } from './act.ts'
import { MUTATION_LIMIT } from './limit.ts'

/** All acts of a mutation, each at its index. Nothing is loaded for those that do not pass. */
export function checkActs(catalog: Catalog, acts: readonly Act[]): readonly Problem[] {
  if (acts.length > MUTATION_LIMIT) {
    return [problem('TOO_LARGE', [], `One mutation may have ${MUTATION_LIMIT} steps at most; split it`)]
  }
  const linked = acts.reduce((sum, act) => sum + linksOf(catalog, act), 0)
  if (linked > MUTATION_LIMIT) {
    return [
      problem('TOO_LARGE', [], `One mutation may add and remove ${MUTATION_LIMIT} links at most; split it`),
    ]
  }
  return acts.flatMap((act, i) => checkAct(catalog, act, [String(i)]))
}

/** How many other rows an act names to add or remove: each is loaded, and most become a change. */
function linksOf(catalog: Catalog, act: Act): number {
  const entity = catalog.entities.find(({ name }) => name === act.entity)
  if (!entity || act.kind === 'delete') return 0
  return Object.entries(act.fields).reduce((sum, [name, field]) => {
    return field.kind === 'alter' && entity.inverses.has(name)
      ? sum + field.add.length + field.remove.length
      : sum
  }, 0)
}

/**
 * What can be said of an act without looking at data: names, kinds of fields, types, what is required and what is
 * fixed at creation. Every problem at once, each at its path.
 */
export function checkAct(catalog: Catalog, act: Act, path: readonly string[]): readonly Problem[] {
  const entity = catalog.entities.find(({ name }) => name === act.entity)
  if (!entity) return [problem('UNKNOWN_ENTITY', path, `The schema has no entity ${printable(act.entity)}`)]
  const problems = [...checkId(entity, act.id, [...path, 'id'])]
  if (act.kind === 'delete') return problems
  for (const [name, fieldAct] of Object.entries(act.fields)) {
    problems.push(...checkMember(catalog, entity, act, name, fieldAct, [...path, printable(name)]))
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

function checkMember(
  catalog: Catalog,
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
    return checkField(field, fieldAct, path, catalog)
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
  }
}

function checkInverse(
  catalog: Catalog,
  inverse: InverseIR,
  act: FieldAct,
  path: readonly string[],
): readonly Problem[] {
  if (inverse.kind === 'single') {
    return [problem('READ_ONLY', path, `Set ${inverse.from}.${inverse.via} instead: it holds this relation`)]
  }
  if (act.kind !== 'alter') return [wrongAct(path, 'is changed by adding and removing ids')]
  if (inverse.kind === 'many' && catalog.entity(inverse.from).fields.get(inverse.via)?.once) {
    return [
      problem(
        'ONCE',
        path,
        `${inverse.from}.${inverse.via} is set when the row is created and never changes`,
      ),
    ]
  }
  const other = otherEnd(catalog, inverse)
  return [...act.add, ...act.remove].flatMap(id =>
    typeof id === 'string'
      ? checkId(other, id, path)
      : [problem('BAD_VALUE', path, `An id is text, not ${JSON.stringify(id)}`)],
  )
}

function otherEnd(catalog: Catalog, inverse: Exclude<InverseIR, { kind: 'single' }>): EntityView {
  if (inverse.kind === 'many') return catalog.entity(inverse.from)
  const relation = catalog.relation(inverse.relation)
  return catalog.entity(inverse.end === 'from' ? relation.to : relation.from)
}

function checkValue(
  type: TypeIR,
  value: Json,
  path: readonly string[],
  catalog: Catalog,
): readonly Problem[] {
  if (type.kind === 'ref') {
    if (typeof value !== 'string')
      return [problem('BAD_VALUE', path, `An id is text, not ${JSON.stringify(value)}`)]
    return checkId(catalog.entity(type.to), value, path)
  }
  const parsed = parseValue(type, value)
  return parsed.ok ? [] : [problem('BAD_VALUE', path, parsed.message)]
}

/** Required fields are there, and an id made from a natural key is that key's. */
function checkComplete(
  entity: EntityView,
  id: string,
  fields: FieldActs,
  path: readonly string[],
): readonly Problem[] {
  const problems = entity.ir.fields
    .filter(field => field.crdt === 'register' && !field.optional && field.default === undefined)
    .filter(field => !Object.hasOwn(fields, field.name))
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

/** The one form of a value that has several (datetimes); what is no value of the type stays as it is. */
export function normalForm(type: TypeIR, value: Json): Json {
  const parsed = value === null ? null : parseValue(type, value)
  return parsed?.ok ? parsed.value : value
}

/** A stranger's name as text that every store can hold: a NUL in a stored verdict would poison its batch. */
function printable(name: string): string {
  return JSON.stringify(name).slice(1, -1)
}

function required(path: readonly string[]): Problem {
  return problem('REQUIRED', path, `${path.at(-1)} is required; give it a value`)
}

function wrongAct(path: readonly string[], how: string): Problem {
  return problem('BAD_VALUE', path, `${path.at(-1)} ${how}`)
}
