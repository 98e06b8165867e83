import { DECIMAL_DIGITS } from '@zg/core/decimal'
import { parseJson } from '@zg/core/jsonValue'
import { type Problem, problem } from '@zg/core/problem'
import type { Entities, Entity } from './entity.ts'
import { refused } from './modifier.ts'
import { type FieldSpec, isPlain, type StateGraph } from './spec.ts'

/** What is wrong with an entity and cannot be seen in the IR any more; the rest is core/ir/check's. */
export function mistakesOf(entities: Entities, name: string, entity: Entity): readonly Problem[] {
  return [
    ...idProblems(name, entity),
    ...optionProblems(entities, name, entity),
    ...Object.entries(entity.fields).flatMap(([field, { spec }]) => [
      ...refused([name, field], spec),
      ...kindProblems(name, field, spec),
      ...withinProblems(name, field, entity, spec),
    ]),
  ]
}

function idProblems(name: string, { fields }: Entity): readonly Problem[] {
  const id = Object.hasOwn(fields, 'id') ? fields.id : undefined
  const others = Object.entries(fields).filter(
    ([field, { spec }]) => spec.kind.kind === 'id' && field !== 'id',
  )
  const found = others.map(([field]) =>
    problem('NO_ID', [name, field], 'An entity has one id, and it is called id; take this one away'),
  )
  if (!id) found.push(problem('NO_ID', [name], `Every entity has an id; add id: f.id() to ${name}`))
  else if (id.spec.kind.kind !== 'id') {
    const remedy = 'write id: f.id() and give this field another name'
    found.push(problem('NO_ID', [name, 'id'], `The field id holds the id; ${remedy}`))
  }
  return found
}

function optionProblems(entities: Entities, name: string, { fields, options }: Entity): readonly Problem[] {
  const { tenant, aggregate } = options
  const found: Problem[] = []
  const kind =
    tenant !== undefined && Object.hasOwn(fields, tenant) ? fields[tenant]?.spec.kind.kind : undefined
  if (tenant !== undefined && tenant !== 'self' && kind !== 'one') {
    const remedy = "name one, or write tenant: 'self'"
    found.push(problem('BAD_TENANT', [name, 'tenant'], `${name} has no to-one field ${tenant}; ${remedy}`))
  }
  if (aggregate !== undefined) found.push(...unknownEntity(entities, aggregate, [name, 'aggregate']))
  return found
}

function kindProblems(entity: string, name: string, { kind, ...said }: FieldSpec): readonly Problem[] {
  const path = [entity, name]
  const found = said.default?.kind === 'literal' ? defaultProblems(path, kind, said.default.value) : []
  switch (kind.kind) {
    case 'set':
      return [...found, ...setProblems(path, kind.of)]
    case 'state':
      return [...found, ...stateProblems(path, kind.graph)]
    case 'decimal': {
      const isScale = Number.isInteger(kind.scale) && kind.scale >= 0 && kind.scale <= DECIMAL_DIGITS
      const message = `The scale is the number of decimal places, ${DECIMAL_DIGITS} at most; write f.decimal({ scale: 2 })`
      return isScale ? found : [...found, problem('BAD_DECIMAL', path, message)]
    }
    default:
      return found
  }
}

/** Whether a plain default fits its type is seen in the IR; what JSON cannot hold never gets there. */
function defaultProblems(
  path: readonly string[],
  { kind }: FieldSpec['kind'],
  value: unknown,
): readonly Problem[] {
  if (value === undefined) {
    return [problem('BAD_DEFAULT', path, 'The default is undefined; give a value, or take .default() away')]
  }
  if (isPlain(value)) return []
  if (kind === 'json') {
    const parsed = parseJson(value)
    if (parsed.ok) return []
    return [
      problem('BAD_DEFAULT', [...path, ...parsed.path], `The default cannot be stored: ${parsed.message}`),
    ]
  }
  const message = `The default ${String(value)} is no plain value; write text, a finite number, true or false`
  return [problem('BAD_DEFAULT', path, message)]
}

function unknownEntity(entities: Entities, name: string, path: readonly string[]): readonly Problem[] {
  if (Object.hasOwn(entities, name)) return []
  const known = Object.keys(entities).join(', ')
  return [problem('UNKNOWN_ENTITY', path, `The model has no entity ${name}; it has ${known}`)]
}

function setProblems(path: readonly string[], of: FieldSpec): readonly Problem[] {
  const isScalar = of.kind.kind === 'scalar' || of.kind.kind === 'enum'
  const found = isScalar
    ? []
    : [problem('BAD_SET', path, 'A set holds scalars or enum values; write f.set(f.string())')]
  return found.concat(
    [...new Set(of.modifiers)].map(modifier =>
      problem('BAD_MODIFIER', path, `.${modifier}() means nothing on the elements of a set; take it away`),
    ),
  )
}

function stateProblems(path: readonly string[], graph: StateGraph): readonly Problem[] {
  const states = Object.keys(graph)
  const known = states.join(', ')
  if (states.length === 0) {
    return [problem('BAD_STATE', path, 'A state machine needs states; the first is the initial one')]
  }
  return Object.entries(graph).flatMap(([state, events]) =>
    Object.entries(events)
      .filter(([, next]) => !states.includes(next))
      .map(([event, next]) =>
        problem(
          'BAD_STATE',
          path,
          `${state}.${event} leads to ${next}, which is no state; the states are ${known}`,
        ),
      ),
  )
}

function withinProblems(
  entity: string,
  name: string,
  { fields }: Entity,
  { kind, unique }: FieldSpec,
): readonly Problem[] {
  const within = kind.kind === 'serial' ? kind.within : (unique?.within ?? [])
  const known = Object.keys(fields).join(', ')
  return within
    .filter(other => !Object.hasOwn(fields, other))
    .map(other =>
      problem(
        'BAD_WITHIN',
        [entity, name],
        `${entity} has no field ${other} to be unique within; it has ${known}`,
      ),
    )
}
