import { canonical, type Json } from '../json.ts'
import { type Problem, problem } from '../problem.ts'
import { typeOfComputation } from './computation.ts'
import type { EdgeRelationIR, EntityIR, FieldIR, IndexIR, InverseIR, ModelIR } from './ir.ts'
import { unfit } from './literal.ts'
import { names } from './names.ts'
import { prefixProblems } from './prefix.ts'
import { isOneToOne, isReference, referredEntities } from './refer.ts'
import { unborn } from './unborn.ts'

/**
 * Everything that is wrong with a model, at once: unknown targets, inverses that do not fit, keys, indexes, defaults,
 * prefixes, and names. An empty list means that tables and GraphQL can be made from it. O(size of the model).
 */
export function checkModel(model: ModelIR): readonly Problem[] {
  const entities = new Map(model.entities.map(entity => [entity.name, entity]))
  const context: Context = { entities, relations: new Map(model.relations.map(own => [own.name, own])) }
  return [
    ...model.entities.flatMap(entity => [
      ...entity.fields.flatMap(field => fieldProblems(context, entity, field)),
      ...entity.inverses.flatMap(inverse => inverseProblems(context, entity, inverse)),
      ...computedProblems(context, entity),
      ...keyProblems(entity),
      ...indexProblems(entity),
    ]),
    ...model.relations.flatMap(relation => relationProblems(context, relation)),
    ...prefixProblems(model.entities),
    ...numberProblems(model),
    ...unborn(model),
    ...names(model).problems,
  ]
}

interface Context {
  readonly entities: ReadonlyMap<string, EntityIR>
  readonly relations: ReadonlyMap<string, EdgeRelationIR>
}

function unknownEntity({ entities }: Context, name: string, path: readonly string[]): Problem[] {
  if (entities.has(name)) return []
  const known = [...entities.keys()].join(', ')
  return [problem('UNKNOWN_ENTITY', path, `The model has no entity ${name}; it has ${known || 'none'}`)]
}

function fieldProblems(context: Context, entity: EntityIR, field: FieldIR): Problem[] {
  const path = [entity.name, field.name]
  const { type } = field
  const found: Problem[] = []
  if (isReference(type)) {
    const targets = referredEntities(type)
    found.push(...targets.flatMap(to => unknownEntity(context, to, path)))
    if (targets.length === 0)
      found.push(
        problem(
          'UNKNOWN_ENTITY',
          path,
          "A polymorphic relation needs entities to refer to; write f.oneOf('Post', 'Comment')",
        ),
      )
    for (const to of new Set(targets.filter((one, at) => targets.indexOf(one) !== at)))
      found.push(problem('BAD_RELATION', path, `The relation names ${to} twice; take one away`))
    if (type.onDelete === 'setNull' && !field.optional) {
      found.push(
        problem(
          'BAD_ON_DELETE',
          path,
          'A required relation cannot be set to null; add .optional() or choose restrict or cascade',
        ),
      )
    }
    if (type.onDelete === 'setNull' && field.once) {
      found.push(
        problem(
          'BAD_ON_DELETE',
          path,
          'A .once() relation cannot be set to null later; choose restrict or cascade',
        ),
      )
    }
  }
  if (type.kind === 'enum') found.push(...enumProblems(type.values, path))
  if (field.crdt !== 'register' && field.optional) {
    found.push(problem('BAD_MODIFIER', path, `A ${field.crdt} is never null; take .optional() away`))
  }
  if (field.default !== undefined) {
    const reason =
      field.crdt === 'register' ? unfit(field, field.default) : `what a ${field.crdt} can start with`
    const value = JSON.stringify(field.default)
    if (reason !== null) found.push(problem('BAD_DEFAULT', path, `The default ${value} is not ${reason}`))
  }
  return found
}

function computedProblems(context: Context, { name: entity, computed = [] }: EntityIR): Problem[] {
  return computed.flatMap(({ name, says, type, optional }) => {
    const path = [entity, name]
    const made = typeOfComputation(context, entity, says, [`${entity}.${name}`])
    if ('message' in made) return [problem('BAD_COMPUTED', path, made.message)]
    const isSaid = canonical(made as unknown as Json) === canonical({ type, optional } as unknown as Json)
    return isSaid ? [] : [problem('BAD_COMPUTED', path, 'The IR gives it another type than its formula has')]
  })
}

function enumProblems(values: readonly string[], path: readonly string[]): Problem[] {
  if (values.length === 0) return [problem('BAD_ENUM', path, "An enum needs values: f.enum('draft', 'live')")]
  const twice = values.filter((value, at) => values.indexOf(value) !== at)
  return [...new Set(twice)].map(value =>
    problem('BAD_ENUM', path, `The value '${value}' is listed twice; take one away`),
  )
}

function inverseProblems(context: Context, entity: EntityIR, inverse: InverseIR): Problem[] {
  const path = [entity.name, inverse.name]
  if (inverse.kind === 'edges') return edgesProblems(context, entity, inverse.relation, inverse.end, path)
  const from = context.entities.get(inverse.from)
  if (!from) return unknownEntity(context, inverse.from, path)
  const via = from.fields.find(field => field.name === inverse.via)
  const place = `${inverse.from}.${inverse.via}`
  if (!via) {
    return [
      problem(
        'BAD_INVERSE',
        path,
        `${inverse.from} has no to-one field ${inverse.via}${candidates(from, entity.name)}`,
      ),
    ]
  }
  if (!referredEntities(via.type).includes(entity.name)) {
    return [
      problem(
        'BAD_INVERSE',
        path,
        `${place} does not refer to ${entity.name}${candidates(from, entity.name)}`,
      ),
    ]
  }
  if (inverse.kind === 'many' && isOneToOne(via.type)) {
    const remedy = `write f.single('${inverse.from}', '${inverse.via}')`
    return [problem('BAD_INVERSE', path, `${place} is unique, so its other end is singular; ${remedy}`)]
  }
  if (inverse.kind === 'single' && !isOneToOne(via.type)) {
    const to = referredEntities(via.type).map(name => `'${name}'`)
    const [one, many] = via.type.kind === 'refs' ? ['oneOf', 'inverse'] : ['one', 'many']
    const remedy = `make it f.${one}(${to.join(', ')}).unique(), or write f.${many}('${inverse.from}', '${inverse.via}')`
    return [problem('BAD_INVERSE', path, `${place} is not unique, so its other end is to-many; ${remedy}`)]
  }
  return []
}

/** What the developer may have meant. */
function candidates(from: EntityIR, to: string): string {
  const fields = from.fields.filter(field => referredEntities(field.type).includes(to))
  if (fields.length === 0) return `; declare it there: f.one('${to}')`
  return `; name one of ${fields.map(field => field.name).join(', ')}`
}

function edgesProblems(
  context: Context,
  entity: EntityIR,
  relation: string,
  end: 'from' | 'to',
  path: readonly string[],
): Problem[] {
  const found = context.relations.get(relation)
  if (!found) {
    const [owner = '', field = ''] = relation.split('.')
    const remedy = `declare ${field}: f.manyToMany('${entity.name}') there`
    return [problem('BAD_INVERSE', path, `${owner} owns no many-to-many relation ${field}; ${remedy}`)]
  }
  if (found[end] === entity.name) return []
  return [
    problem(
      'BAD_INVERSE',
      path,
      `${relation} leads to ${found.to}, not to ${entity.name}; name a relation to ${entity.name}`,
    ),
  ]
}

function relationProblems(context: Context, { name, from, to }: EdgeRelationIR): Problem[] {
  const path = name.split('.')
  const ends = [...context.entities.values()].flatMap(entity =>
    entity.inverses
      .filter(inverse => inverse.kind === 'edges' && inverse.relation === name && inverse.end === 'to')
      .map(inverse => [entity.name, inverse.name]),
  )
  return [
    ...unknownEntity(context, from, path),
    ...unknownEntity(context, to, path),
    ...ends
      .slice(1)
      .map(end =>
        problem(
          'BAD_INVERSE',
          end,
          `${name} already has the other end ${ends[0]?.join('.')}; keep one of them`,
        ),
      ),
  ]
}

function keyProblems(entity: EntityIR): Problem[] {
  const path = [entity.name, 'id']
  return entity.key.flatMap((name, at) => {
    const field = entity.fields.find(own => own.name === name)
    if (!field)
      return [problem('BAD_KEY', path, `The key field ${name} is not a data field of ${entity.name}`)]
    if (entity.key.indexOf(name) !== at) return [problem('BAD_KEY', path, `The key names ${name} twice`)]
    const lacks = [
      ...(field.crdt === 'register' ? [] : [`is a ${field.crdt}; only registers can be part of a key`]),
      ...(isJson(field) ? ['is json; an id cannot be made from it'] : []),
      ...(field.once ? [] : ['can change, but an id never does; add .once()']),
      ...(field.optional ? ['may be missing; take .optional() away'] : []),
      ...(field.default === undefined && !field.authored
        ? []
        : ['has a default, so rows would share an id; take .default() away']),
    ]
    return lacks.map(lack => problem('BAD_KEY', [entity.name, name], `The key field ${name} ${lack}`))
  })
}

function indexProblems(entity: EntityIR): Problem[] {
  const seen = new Set<string>()
  return entity.indexes.flatMap(index => {
    const path = [entity.name, 'index', index.on.join('+')]
    const form = `${index.kind} ${index.unique ? 'unique ' : ''}${index.on.join(' ')}`
    const again = seen.has(form)
    seen.add(form)
    return [
      ...(again ? [problem('BAD_INDEX', path, 'The same index is declared twice; take one away')] : []),
      ...indexFieldProblems(entity, index, path),
    ]
  })
}

function isText({ type, crdt }: FieldIR): boolean {
  return type.kind === 'scalar' && type.scalar === 'string' && (crdt === 'register' || crdt === 'text')
}

function indexFieldProblems(
  entity: EntityIR,
  { on, kind, unique }: IndexIR,
  path: readonly string[],
): Problem[] {
  const bad = (message: string): Problem => problem('BAD_INDEX', path, message)
  const whole = on.length === 0 ? [bad('An index needs at least one field')] : []
  if (kind === 'hash' && on.length > 1) whole.push(bad('A hash index takes one field; make it btree'))
  if (kind === 'fulltext' && unique) whole.push(bad('A fulltext index cannot be unique'))
  return whole.concat(
    on.flatMap((name, at) => {
      if (on.indexOf(name) !== at) return [bad(`The index names ${name} twice`)]
      if (name === 'id') return [bad('Every index ends in id by itself; leave id out')]
      const field = entity.fields.find(own => own.name === name)
      if (!field) return [bad(`${entity.name} has no data field ${name} to index`)]
      if (isJson(field)) return [bad(`${name} is json; only isNull can be asked of it, so it needs no index`)]
      if (unique && field.crdt !== 'register')
        return [bad(`${name} is a ${field.crdt}; only registers can be unique`)]
      if (kind === 'fulltext') return isText(field) ? [] : [bad(`${name} is no text to search in`)]
      if (field.crdt === 'text') return [bad(`${name} is a text; search it with .index('fulltext')`)]
      return field.crdt === 'set' ? [bad(`${name} is a set; sets cannot be indexed`)] : []
    }),
  )
}

function isJson({ type }: FieldIR): boolean {
  return type.kind === 'scalar' && type.scalar === 'json'
}

/** Numbers come from the lock, not from the developer: a double one means a damaged or badly merged lock. */
function numberProblems(model: ModelIR): Problem[] {
  const shared = (
    holders: readonly { readonly number: number; readonly path: readonly string[] }[],
  ): Problem[] => {
    const seen = new Map<number, readonly string[]>()
    return holders.flatMap(({ number, path }) => {
      const first = seen.get(number)
      if (first === undefined) seen.set(number, path)
      const sound = Number.isSafeInteger(number) && number > 0
      if (sound && first === undefined) return []
      const why = sound ? `is also ${first?.join('.')}'s` : 'is not a positive integer'
      return [
        problem('BAD_NUMBER', path, `The number ${number} ${why}; restore zg.lock.json from version control`),
      ]
    })
  }
  return [
    ...shared([
      ...model.entities.map(({ number, name }) => ({ number, path: [name] })),
      ...model.relations.map(({ number, name }) => ({ number, path: name.split('.') })),
    ]),
    ...model.entities.flatMap(entity =>
      shared(entity.fields.map(({ number, name }) => ({ number, path: [entity.name, name] }))),
    ),
  ]
}
