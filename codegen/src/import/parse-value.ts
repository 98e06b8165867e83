import type { Catalog, EntityView } from '@zg/core/ir/catalog'
import type { FieldIR } from '@zg/core/ir/ir'
import { canonical, type Json } from '@zg/core/json'
import type { AnyKeyValue, FieldRule, KeyValue, RowRule, SkipRule, Value } from './mapping.ts'
import { parseSteps } from './parse-step.ts'
import type { Reading } from './reading.ts'

/** What rules are parsed with. */
export interface Context {
  readonly reading: Reading
  readonly catalog: Catalog
  /** Of the rule. */
  readonly source: string
  readonly skip: readonly SkipRule[]
  /** Collects the rules that `create: true` implies. */
  readonly implied: RowRule[]
}

export type Path = readonly string[]

export function isNeeded(entity: EntityView, field: FieldIR): boolean {
  if (entity.ir.key.includes(field.name)) return true
  return field.crdt === 'register' && !field.optional && field.default === undefined && !field.authored
}

/** An entity that can be imported: without a natural key, running twice would make everything twice. */
export function parseEntity({ reading, catalog }: Context, name: string, path: Path): EntityView | null {
  if (!name) return null
  const entity = catalog.entities.find(each => each.name === name)
  if (!entity) {
    reading.bad(path, `the model has no entity "${name}"; it is one of: ${names(catalog.entities)}`)
    return null
  }
  if (!entity.ir.key.length) {
    reading.bad(
      path,
      `${name} has no natural key, so rows could not be found again; give it f.id({ key: ... })`,
    )
    return null
  }
  return entity
}

export function parseValue(context: Context, field: FieldIR, json: unknown, path: Path): Value | null {
  const { reading } = context
  if (field.type.kind === 'refs') return parseAnyKey(context, field.type.to, json, path)
  if (field.type.kind === 'ref') return parseKey(context, field.type.to, json, path)
  if (typeof json === 'string') return { kind: 'column', column: json, field, steps: [] }
  if (reading.has(json, 'literal')) {
    const literal = reading.record(json, path, ['literal']).get('literal')
    return { kind: 'literal', value: (literal ?? null) as Json, field }
  }
  const value = reading.record(json, path, ['column', 'as'])
  const column = reading.text(value.get('column'), [...path, 'column'])
  const steps = value.has('as') ? parseSteps(reading, value.get('as'), [...path, 'as']) : []
  if (steps.some(step => step.kind === 'split') && field.crdt !== 'set' && !path.includes('key')) {
    reading.bad([...path, 'as'], `only a set or a many-to-many takes a list; ${field.name} holds one value`)
  }
  return { kind: 'column', column, field, steps }
}

/** `{ "key": { ... }, "create": true }`: the target's id by its natural key, the target made when needed. */
export function parseKey(context: Context, target: string, json: unknown, path: Path): KeyValue | null {
  const { reading } = context
  const spelled = reading.record(json, path, ['key', 'create'])
  const entity = parseEntity(context, target, path)
  const key = entity && parseParts(context, entity, spelled.get('key'), [...path, 'key'])
  const create = spelled.has('create') && reading.boolean(spelled.get('create'), [...path, 'create'])
  if (key && create) imply(context, key, path)
  return key
}

/** `{ "oneOf": { "Customer": { "key": { ... } }, ... }, "by": ... }`: the id of a row of one of several entities. */
function parseAnyKey(
  context: Context,
  targets: readonly string[],
  json: unknown,
  path: Path,
): AnyKeyValue | null {
  const { reading } = context
  const spelled = reading.record(json, path, ['oneOf', 'by'])
  const keys = reading.record(spelled.get('oneOf'), [...path, 'oneOf'], targets)
  if (!keys.size) reading.bad([...path, 'oneOf'], `must name at least one of ${targets.join(', ')}`)
  const by = spelled.has('by') ? parseValue(context, WHICH, spelled.get('by'), [...path, 'by']) : null
  const of = [...keys].flatMap(([name, key]) => {
    const at = [...path, 'oneOf', name]
    if (by && reading.has(key, 'create'))
      reading.bad(
        [...at, 'create'],
        `every row would make a ${name}, whatever \`by\` says: map ${name} by a rule`,
      )
    return targets.includes(name) ? (parseKey(context, name, key, at) ?? []) : []
  })
  return of.length === keys.size ? { kind: 'oneOf', by, of } : null
}

/** What `by` is read as: the name of an entity. */
const WHICH: FieldIR = {
  name: 'by',
  number: 0,
  crdt: 'register',
  type: { kind: 'scalar', scalar: 'string' },
  optional: true,
  once: false,
  graphql: {},
}

export function parseParts(context: Context, entity: EntityView, json: unknown, path: Path): KeyValue | null {
  const { reading } = context
  const spelled = reading.record(json, path, entity.ir.key)
  const parts = entity.ir.key.flatMap(name => {
    const field = entity.fields.get(name)
    if (!field) throw new Error(`The key of ${entity.name} names ${name}, which is no field`)
    if (!spelled.has(name)) {
      reading.bad(
        path,
        `${entity.name} is found by ${entity.ir.key.join(' + ')}: say where ${name} comes from`,
      )
      return []
    }
    const value = parseValue(context, field, spelled.get(name), [...path, name])
    return value ? [{ field, value }] : []
  })
  return parts.length === entity.ir.key.length ? { kind: 'key', entity, parts } : null
}

function imply({ reading, implied, source, skip }: Context, key: KeyValue, path: Path): void {
  const { entity } = key
  const missing = entity.ir.fields.find(
    field => isNeeded(entity, field) && !entity.ir.key.includes(field.name),
  )
  if (missing) {
    reading.bad(
      [...path, 'create'],
      `${entity.name}.${missing.name} is required too: map ${entity.name} by a rule`,
    )
  }
  const fields = key.parts.map(
    ({ field, value }): FieldRule => ({ kind: 'field', name: field.name, field, value }),
  )
  implied.push({ kind: 'rows', source, entity, fields, skip, repeats: true, implied: true, path })
}

/** Two relations may imply the same rule. */
export function distinct(rules: readonly RowRule[]): readonly RowRule[] {
  const identity = ({ source, entity, fields, skip }: RowRule) =>
    canonical([
      source,
      entity.name,
      JSON.stringify(skip),
      fields.map(field => JSON.stringify(field.value, plain)),
    ])
  return [...new Map(rules.map(rule => [identity(rule), rule])).values()]
}

/** Entities by name, maps by content. */
function plain(key: string, value: unknown): unknown {
  if (key === 'entity') return (value as EntityView).name
  return value instanceof Map ? [...value] : value
}

export function names(things: readonly { readonly name: string }[]): string {
  return things.map(({ name }) => name).join(', ') || 'none'
}
