import type { Problem } from '../problem.ts'
import { type AggregateNames, aggregateNames, aggregateTypes } from './aggregateNames.ts'
import { clashes, type Law, type Use } from './clash.ts'
import type { EdgeRelationIR, EntityIR, FieldIR, InverseIR, ModelIR } from './ir.ts'
import { isReference } from './refer.ts'
import {
  MAX_SQL_NAME,
  RESERVED_FIELDS,
  RESERVED_ROOT_FIELDS,
  RESERVED_TYPES,
  RESERVED_VALUES,
  SYSTEM_COLUMNS,
  SYSTEM_TABLES,
} from './reserved.ts'
import { lookupKeys } from './unique.ts'
import { camel, capital, kebab, pascal, plural, snake } from './words.ts'

/** Every generated name of a model, in one table: GraphQL, SQL and files take their names from here only. */
export interface Names {
  readonly entities: { readonly [entity: string]: EntityNames }
  /** Many-to-many relations, by `EdgeRelationIR.name`. */
  readonly relations: { readonly [relation: string]: EdgeNames }
}

export interface EntityNames {
  /** SQL table of the projection: `movie`. */
  readonly table: string
  /** File of generated code: `movie`. */
  readonly file: string
  /** GraphQL object type: `Movie`. */
  readonly type: string
  /** Root fields. */
  readonly one: string
  readonly many: string
  readonly create: string
  readonly update: string
  readonly delete: string
  readonly changes: string
  readonly upsert: string
  readonly createMany: string
  readonly updateMany: string
  readonly deleteMany: string
  /** `movieBy(key: MovieKey)`; only of entities that have a unique or natural key. */
  readonly by: string
  /** GraphQL types around the entity. */
  readonly connection: string
  readonly edge: string
  readonly where: string
  readonly changeWhere: string
  readonly order: string
  readonly createInput: string
  readonly updateInput: string
  readonly key: string
  /** The members of the key input, in the order of `lookupKeys`. */
  readonly keys: readonly KeyNames[]
  /** Input of one row of `updateMovies`: `UpdateMoviesInput`. */
  readonly updateManyInput: string
  readonly manyPayload: string
  readonly manyResult: string
  /** Input of a relation to the entity: `MovieLink`. */
  readonly link: string
  readonly payload: string
  readonly result: string
  readonly change: string
  readonly changeBatch: string
  /** Around counting, measuring and grouping. */
  readonly aggregates: AggregateNames
  /** Data and to-one fields and inverses, by declared name. */
  readonly fields: { readonly [field: string]: FieldNames }
}

/** One way to name a row by its values. */
export interface KeyNames {
  /** `email`, `orgAndUserId`. */
  readonly graphql: string
  /** Input type of several fields: `MemberOrgAndUserIdKey`; null for one, which stands there itself. */
  readonly input: string | null
}

export interface FieldNames {
  readonly graphql: string
  /** SQL column; inverses have none. */
  readonly column: string | null
  /** Inputs `addGenres`, `removeGenres`; only of sets, to-many and many-to-many. */
  readonly add: string | null
  readonly remove: string | null
  /** GraphQL union type, only of polymorphic relations: `ReactionTarget`; their link is `ReactionTargetLink`. */
  readonly union?: string
  /** How lists are sorted by such a relation: `ReactionTargetOrder`. */
  readonly order?: string
  /**
   * Of to-many relations `MovieReviewsLink`, of the singular end of a one-to-one `MovieToPosterLink` (an entity may well be
   * called MoviePoster), and what they create: the other row without its way back. Else absent.
   */
  readonly link?: string
  readonly createInput?: string
  /** GraphQL enum type; only of enum fields. */
  readonly enumType: string | null
  /** Field with the Yjs state, `bodyState`; only of texts. */
  readonly state?: string
  /** Filter on to-many and many-to-many: `MovieReviewsFilter`; on enums `MovieRatingFilter`. Else null. */
  readonly filter: string | null
}

/** The edge table and its two columns: `movie_genres(movie_id, genre_id)`. */
export interface EdgeNames {
  readonly table: string
  readonly from: string
  readonly to: string
}

/**
 * Computes all names. Duplicate, reserved and illegal ones are problems that name both sources and the override;
 * the table is complete even then, so that `inspect` can show it. O(size of the model).
 */
export function names(model: ModelIR): { readonly names: Names; readonly problems: readonly Problem[] } {
  const all: Names = {
    entities: Object.fromEntries(model.entities.map(entity => [entity.name, entityNames(entity)])),
    relations: Object.fromEntries(model.relations.map(relation => [relation.name, edgeNames(relation)])),
  }
  return { names: all, problems: nameProblems(model, all) }
}

function entityNames(entity: EntityIR): EntityNames {
  const type = entity.graphql.name ?? pascal(entity.name)
  const one = camel(type)
  const many = entity.graphql.plural ?? plural(one) ?? `all${capital(one)}`
  return {
    table: snake(entity.name),
    file: kebab(entity.name),
    type,
    one,
    many,
    create: `create${type}`,
    update: `update${type}`,
    delete: `delete${type}`,
    changes: `${one}Changes`,
    upsert: `upsert${type}`,
    createMany: `create${capital(many)}`,
    updateMany: `update${capital(many)}`,
    deleteMany: `delete${capital(many)}`,
    by: `${one}By`,
    key: `${type}Key`,
    keys: lookupKeys(entity).map(({ on }) => keyNames(type, on)),
    updateManyInput: `Update${capital(many)}Input`,
    manyPayload: `${capital(many)}Payload`,
    manyResult: `${capital(many)}Result`,
    connection: `${type}Connection`,
    edge: `${type}Edge`,
    where: `${type}Where`,
    changeWhere: `${type}ChangeWhere`,
    order: `${type}Order`,
    createInput: `Create${type}Input`,
    updateInput: `Update${type}Input`,
    link: `${type}Link`,
    payload: `${type}Payload`,
    result: `${type}Result`,
    change: `${type}Change`,
    changeBatch: `${type}ChangeBatch`,
    aggregates: aggregateNames(type, one),
    fields: Object.fromEntries([
      ...entity.fields.map(field => [field.name, fieldNames(type, field)]),
      ...entity.inverses.map(inverse => [inverse.name, inverseNames(type, inverse)]),
      ...(entity.computed ?? []).map(({ name, graphql }) => [
        name,
        computedNames(graphql.name ?? camel(name)),
      ]),
    ]),
  }
}

function keyNames(type: string, on: readonly FieldIR[]): KeyNames {
  const [first = '', ...more] = on.map(field => fieldNames(type, field).graphql)
  const graphql = [first, ...more.map(capital)].join('And')
  return { graphql, input: more.length ? `${type}${capital(graphql)}Key` : null }
}

function fieldNames(type: string, field: FieldIR): FieldNames {
  const graphql = field.graphql.name ?? camel(field.name)
  const isSet = field.crdt === 'set'
  const isEnum = field.type.kind === 'enum'
  const isUnion = field.type.kind === 'refs'
  return {
    graphql,
    // A to-one holds an id, and a column should say so to whoever reads the tables with SQL.
    column: isReference(field.type) ? `${snake(field.name)}_id` : snake(field.name),
    add: isSet ? `add${capital(graphql)}` : null,
    remove: isSet ? `remove${capital(graphql)}` : null,
    enumType: isEnum ? type + capital(graphql) : null,
    ...(field.crdt === 'text' ? { state: `${graphql}State` } : {}),
    ...(isUnion
      ? {
          union: type + capital(graphql),
          link: `${type}${capital(graphql)}Link`,
          order: `${type}${capital(graphql)}Order`,
        }
      : {}),
    filter: isEnum || isUnion ? `${type}${capital(graphql)}Filter` : null,
  }
}

function computedNames(graphql: string): FieldNames {
  return { graphql, column: null, add: null, remove: null, enumType: null, filter: null }
}

function inverseNames(type: string, inverse: InverseIR): FieldNames {
  const graphql = camel(inverse.name)
  const many = inverse.kind !== 'single'
  return {
    graphql,
    column: null,
    add: many ? `add${capital(graphql)}` : null,
    remove: many ? `remove${capital(graphql)}` : null,
    ...(inverse.kind === 'edges'
      ? {}
      : {
          link: `${type}${many ? '' : 'To'}${capital(graphql)}Link`,
          createInput: `Create${type}${many ? '' : 'To'}${capital(graphql)}Input`,
        }),
    enumType: null,
    filter: many ? `${type}${capital(graphql)}Filter` : null,
  }
}

/** The member of a polymorphic relation's filter that is about rows of one entity: `onCustomer`. */
export function onMember({ entities }: Names, entity: string): string {
  return `on${entities[entity]?.type ?? entity}`
}

function edgeNames({ name, from, to }: EdgeRelationIR): EdgeNames {
  const self = from === to
  return {
    table: snake(name),
    from: self ? `from_${snake(from)}_id` : `${snake(from)}_id`,
    to: self ? `to_${snake(to)}_id` : `${snake(to)}_id`,
  }
}

const SQL_LAW: Law = { legal: /^[a-z][a-z0-9_]*$/, reserved: new Set(), maxLength: MAX_SQL_NAME }
const GRAPHQL_LAW: Law = { legal: /^(?!__)[_A-Za-z][_0-9A-Za-z]*$/, reserved: new Set(), maxLength: Infinity }

/** What the developer may call a field or relation. */
const LEGAL_MEMBER = /^[A-Za-z_][A-Za-z0-9_]*$/

/** By space; a space that is not listed is the members of one type, one table or one enum. */
const LAWS: { readonly [space: string]: Law } = {
  'entity name': { ...GRAPHQL_LAW, legal: /^[A-Za-z][A-Za-z0-9_]*$/ },
  'GraphQL type': { ...GRAPHQL_LAW, reserved: RESERVED_TYPES },
  'query field': { ...GRAPHQL_LAW, reserved: RESERVED_ROOT_FIELDS },
  'mutation field': { ...GRAPHQL_LAW, reserved: RESERVED_ROOT_FIELDS },
  'subscription field': { ...GRAPHQL_LAW, reserved: RESERVED_ROOT_FIELDS },
  table: { ...SQL_LAW, reserved: SYSTEM_TABLES },
}

function lawOf(space: string): Law {
  if (space.startsWith('column of')) return { ...SQL_LAW, reserved: SYSTEM_COLUMNS }
  if (space.startsWith('name of')) return { ...GRAPHQL_LAW, legal: LEGAL_MEMBER }
  if (space.startsWith('value of')) return { ...GRAPHQL_LAW, reserved: RESERVED_VALUES }
  return LAWS[space] ?? { ...GRAPHQL_LAW, reserved: RESERVED_FIELDS }
}

function nameProblems(model: ModelIR, all: Names): readonly Problem[] {
  const uses = [
    ...model.entities.flatMap(entity => {
      // Of two entities with one name the table knows only the last, so names are computed anew.
      const own = entityNames(entity)
      return [
        ...entityUses(entity, own),
        ...entity.fields.flatMap(field => fieldUses(entity, field, own)),
        ...(entity.computed ?? []).flatMap(({ name }) => memberUses(entity, name, own, NAME_FIELD)),
      ].concat(entity.inverses.flatMap(inverse => memberUses(entity, inverse.name, own, RENAME_FIELD)))
    }),
    ...model.relations.flatMap(relation => relationUses(relation, all.relations[relation.name])),
  ]
  return clashes(uses, lawOf)
}

const RENAME = 'rename it in the schema (`graphql: { name }` can keep its GraphQL name)'
const RENAME_FIELD = 'rename it in the schema'
const NAME_ENTITY = "give the entity another GraphQL name: entity({ ... }, { graphql: { name: '...' } })"
const NAME_PLURAL = "give the entity another plural: entity({ ... }, { graphql: { plural: '...' } })"
const NAME_FIELD = "give the field another GraphQL name: .graphql({ name: '...' })"

/** Nobody who reads `UserGroup` thinks of `User`. */
const GROUPS = 'for its numbers and groups'

function entityUses({ name }: EntityIR, own: EntityNames): readonly Use[] {
  const path = [name]
  const use = (space: string, override: string, list: readonly string[], purpose?: string): Use[] =>
    list.map(used => ({ name: used, space, path, override, ...(purpose ? { purpose } : {}) }))
  const types = [own.type, own.connection, own.edge, own.where, own.changeWhere, own.order, own.createInput]
  return [
    ...use('entity name', RENAME_FIELD, [name]),
    ...use('table', RENAME, [own.table]),
    ...use('GraphQL type', NAME_ENTITY, types),
    ...use('GraphQL type', NAME_ENTITY, [
      own.updateInput,
      own.link,
      own.payload,
      own.result,
      own.change,
      own.changeBatch,
    ]),
    // Reserved also without a key: one that is added later must not clash.
    ...keyUses(path, own),
    ...use('GraphQL type', NAME_ENTITY, aggregateTypes(own.aggregates), GROUPS),
    ...use('query field', NAME_ENTITY, [own.one]),
    ...use('query field', NAME_ENTITY, [own.aggregates.groups], GROUPS),
    ...use('query field', NAME_PLURAL, [own.many]),
    ...use('mutation field', NAME_ENTITY, [own.create, own.update, own.delete]),
    ...use('mutation field', NAME_PLURAL, [own.createMany, own.updateMany, own.deleteMany]),
    ...use('subscription field', NAME_ENTITY, [own.one, own.changes]),
    ...use('subscription field', NAME_ENTITY, [own.aggregates.groups], GROUPS),
    ...use('subscription field', NAME_PLURAL, [own.many]),
    ...use('GraphQL type', NAME_PLURAL, [own.updateManyInput, own.manyPayload, own.manyResult]),
  ]
}

function keyUses(path: readonly string[], own: EntityNames): readonly Use[] {
  const inputs = own.keys.flatMap(({ input }) => input ?? [])
  const use =
    (space: string) =>
    (name: string): Use => ({ name, space, path, override: NAME_ENTITY })
  return [
    ...[own.key, ...inputs].map(use('GraphQL type')),
    ...own.keys.map(({ graphql }) => graphql).map(use(`input field of ${own.key}`)),
    use('query field')(own.by),
    use('mutation field')(own.upsert),
  ]
}

function fieldUses(entity: EntityIR, field: FieldIR, own: EntityNames): readonly Use[] {
  const path = [entity.name, field.name]
  const column = own.fields[field.name]?.column ?? ''
  if (!LEGAL_MEMBER.test(field.name)) return memberUses(entity, field.name, own, NAME_FIELD)
  const values = field.type.kind === 'enum' ? field.type.values : []
  return [
    ...memberUses(entity, field.name, own, NAME_FIELD),
    { name: column, space: `column of ${entity.name}`, path, override: RENAME },
    // Fields to group by are values of an enum.
    {
      name: own.fields[field.name]?.graphql ?? '',
      space: `value of ${own.aggregates.groupField}`,
      path,
      override: NAME_FIELD,
    },
    // A value that is listed twice is the checker's finding, not a clash of names.
    ...[...new Set(values)].map(value => ({
      name: field.graphql.values?.[value] ?? value,
      space: `value of ${path.join('.')}`,
      path,
      override: `map it: .graphql({ values: { '${value}': '${otherValue(value)}' } })`,
    })),
  ]
}

/** The names in GraphQL of a field or inverse: member of the type, of its inputs, and types of its own. */
function memberUses(entity: EntityIR, field: string, own: EntityNames, override: string): readonly Use[] {
  const path = [entity.name, field]
  const made = own.fields[field]
  if (!made) return []
  // Names made from an illegal one would only repeat the finding.
  if (!LEGAL_MEMBER.test(field))
    return [{ name: field, space: `name of ${entity.name}`, path, override: RENAME_FIELD }]
  const { graphql, add, remove, enumType, filter, state, union, order, link, createInput } = made
  const inputs = add === null || remove === null ? [graphql] : [add, remove]
  const types = [enumType, filter, union, order, link, createInput].filter(type => typeof type === 'string')
  return [
    { name: graphql, space: `field of ${entity.name}`, path, override },
    ...(state === undefined ? [] : [{ name: state, space: `field of ${entity.name}`, path, override }]),
    ...inputs.map(name => ({ name, space: `input field of ${entity.name}`, path, override })),
    ...types.map(name => ({ name, space: 'GraphQL type', path, override })),
  ]
}

function relationUses(relation: EdgeRelationIR, own: EdgeNames | undefined): readonly Use[] {
  if (!own) return []
  const path = relation.name.split('.')
  const columns = [own.from, own.to].map(name => ({
    name,
    space: `column of ${own.table}`,
    path,
    override: RENAME_FIELD,
  }))
  return [{ name: own.table, space: 'table', path, override: RENAME_FIELD }, ...columns]
}

/** A legal GraphQL enum value to propose: `PG_13` for `PG-13`. */
function otherValue(value: string): string {
  const legal = value.replace(/[^_0-9A-Za-z]+/g, '_')
  if (/^[0-9]|^$|^__|^(true|false|null)$/.test(legal)) return `V_${legal.replace(/^_+/, '')}`
  return legal === value ? `${value}_2` : legal
}
