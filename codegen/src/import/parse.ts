import type { Catalog, EntityView } from '@zg/core/ir/catalog'
import type { FieldIR } from '@zg/core/ir/ir'
import { canonical, isList, type Json } from '@zg/core/json'
import { type Problem, problem } from '@zg/core/problem'
import type { EdgeRule, FieldRule, KeyValue, Mapping, RowRule, Rule, SkipRule, SourceRef, Value } from './mapping.ts'
import { parseSteps } from './parse-step.ts'
import { parseSource } from './parse-source.ts'
import { Reading } from './reading.ts'

export type Parsed =
  | { readonly kind: 'mapping'; readonly mapping: Mapping }
  | { readonly kind: 'problems'; readonly problems: readonly Problem[] }

/**
 * Parses the JSON of a mapping file strictly: whatever it does not know is a `BAD_MAPPING` with its path, and all
 * of them are reported at once. `folder` is where the file lies; sources are found from there.
 */
export function parseMapping(json: unknown, catalog: Catalog, folder: string): Parsed {
  const reading = new Reading()
  const file = reading.record(json, [], ['format', 'sources', 'rules'])
  if (file.get('format') !== 1) reading.bad(['format'], 'must be 1')
  const sources = [...reading.record(file.get('sources'), ['sources'])].map(([name, source]) =>
    parseSource(reading, name, source, folder),
  )
  const context: Context = { reading, catalog, sources, implied: [] }
  const rules = reading
    .list(file.get('rules'), ['rules'])
    .flatMap((rule, i) => parseRule(context, rule, ['rules', String(i)]) ?? [])
  if (reading.problems.length) return { kind: 'problems', problems: reading.problems }
  return { kind: 'mapping', mapping: { sources, rules: [...rules, ...distinct(context.implied)] } }
}

interface Context {
  readonly reading: Reading
  readonly catalog: Catalog
  readonly sources: readonly SourceRef[]
  /** Collects the rules that `create: true` implies. */
  readonly implied: RowRule[]
}

type Path = readonly string[]

function parseRule(context: Context, json: unknown, path: Path): Rule | null {
  const { reading } = context
  const isEdge = reading.has(json, 'edges')
  const known = isEdge ? ['edges', 'from', 'of', 'add', 'skip'] : ['entity', 'from', 'fields', 'skip', 'repeats']
  const rule = reading.record(json, path, known)
  const source = reading.text(rule.get('from'), [...path, 'from'])
  if (source && !context.sources.some(({ name }) => name === source)) {
    reading.bad([...path, 'from'], `there is no source "${source}"; it is one of: ${names(context.sources)}`)
  }
  const skip = rule.has('skip') ? parseSkip(reading, rule.get('skip'), [...path, 'skip']) : []
  return isEdge ? parseEdges(context, rule, source, skip, path) : parseRows(context, rule, source, skip, path)
}

function parseRows(
  context: Context,
  rule: ReadonlyMap<string, unknown>,
  source: string,
  skip: readonly SkipRule[],
  path: Path,
): RowRule | null {
  const { reading } = context
  const entity = parseEntity(context, reading.text(rule.get('entity'), [...path, 'entity']), [...path, 'entity'])
  const spelled = reading.record(rule.get('fields'), [...path, 'fields'])
  const repeats = rule.has('repeats') ? reading.boolean(rule.get('repeats'), [...path, 'repeats']) : false
  if (!entity) return null
  const fields = [...spelled].flatMap(
    ([name, value]) => parseField(context, entity, name, value, source, [...path, 'fields', name]) ?? [],
  )
  for (const field of entity.ir.fields) {
    if (spelled.has(field.name) || !isNeeded(entity, field)) continue
    const why = entity.ir.key.includes(field.name) ? 'part of the key' : 'required'
    reading.bad([...path, 'fields'], `${entity.name}.${field.name} is ${why}: say where it comes from`)
  }
  return { kind: 'rows', source, entity, fields, skip, repeats, implied: false, path }
}

function isNeeded(entity: EntityView, field: FieldIR): boolean {
  if (entity.ir.key.includes(field.name)) return true
  return field.crdt === 'register' && !field.optional && field.default === undefined
}

/** An entity that can be imported: without a natural key, running twice would make everything twice. */
function parseEntity({ reading, catalog }: Context, name: string, path: Path): EntityView | null {
  if (!name) return null
  const entity = catalog.entities.find(each => each.name === name)
  if (!entity) {
    reading.bad(path, `the model has no entity "${name}"; it is one of: ${names(catalog.entities)}`)
    return null
  }
  if (!entity.ir.key.length) {
    reading.bad(path, `${name} has no natural key, so rows could not be found again; give it f.id({ key: ... })`)
    return null
  }
  return entity
}

function parseField(
  context: Context,
  entity: EntityView,
  name: string,
  json: unknown,
  source: string,
  path: Path,
): FieldRule | null {
  const { reading, catalog } = context
  const field = entity.fields.get(name)
  if (field) {
    const value = parseValue(context, field, json, source, path)
    return value && { kind: 'field', name, field, value }
  }
  const inverse = entity.inverses.get(name)
  if (inverse?.kind !== 'edges') {
    const members = [...entity.fields.keys(), ...[...entity.inverses.values()].filter(isEdges).map(each => each.name)]
    const why = inverse ? `is the other end of ${inverse.from}.${inverse.via}: map that` : `is no field of ${entity.name}`
    reading.bad(path, `"${name}" ${why}; it has: ${members.join(', ')}`)
    return null
  }
  const relation = catalog.relation(inverse.relation)
  const target = inverse.end === 'from' ? relation.to : relation.from
  const value = parseKey(context, target, json, source, path)
  return value && { kind: 'edges', name, value }
}

function isEdges({ kind }: { readonly kind: string }): boolean {
  return kind === 'edges'
}

function parseValue(context: Context, field: FieldIR, json: unknown, source: string, path: Path): Value | null {
  const { reading } = context
  if (field.type.kind === 'ref') return parseKey(context, field.type.to, json, source, path)
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
function parseKey(context: Context, target: string, json: unknown, source: string, path: Path): KeyValue | null {
  const { reading } = context
  const spelled = reading.record(json, path, ['key', 'create'])
  const entity = parseEntity(context, target, path)
  const key = entity && parseParts(context, entity, spelled.get('key'), source, [...path, 'key'])
  const create = spelled.has('create') && reading.boolean(spelled.get('create'), [...path, 'create'])
  if (key && create) imply(context, key, source, path)
  return key
}

function parseParts(context: Context, entity: EntityView, json: unknown, source: string, path: Path): KeyValue | null {
  const { reading } = context
  const spelled = reading.record(json, path, entity.ir.key)
  const parts = entity.ir.key.flatMap(name => {
    const field = entity.fields.get(name)
    if (!field) throw new Error(`The key of ${entity.name} names ${name}, which is no field`)
    if (!spelled.has(name)) {
      reading.bad(path, `${entity.name} is found by ${entity.ir.key.join(' + ')}: say where ${name} comes from`)
      return []
    }
    const value = parseValue(context, field, spelled.get(name), source, [...path, name])
    return value ? [{ field, value }] : []
  })
  return parts.length === entity.ir.key.length ? { kind: 'key', entity, parts } : null
}

function imply({ reading, implied }: Context, key: KeyValue, source: string, path: Path): void {
  const { entity } = key
  const missing = entity.ir.fields.find(field => isNeeded(entity, field) && !entity.ir.key.includes(field.name))
  if (missing) {
    reading.bad([...path, 'create'], `${entity.name}.${missing.name} is required too: map ${entity.name} by a rule`)
  }
  const fields = key.parts.map(({ field, value }): FieldRule => ({ kind: 'field', name: field.name, field, value }))
  implied.push({ kind: 'rows', source, entity, fields, skip: [], repeats: true, implied: true, path })
}

/** Two relations may imply the same rule. */
function distinct(rules: readonly RowRule[]): readonly RowRule[] {
  const identity = ({ source, entity, fields }: RowRule) =>
    canonical([source, entity.name, fields.map(field => JSON.stringify(field.value, plain))])
  return [...new Map(rules.map(rule => [identity(rule), rule])).values()]
}

/** Entities by name, maps by content. */
function plain(key: string, value: unknown): unknown {
  if (key === 'entity') return (value as EntityView).name
  return value instanceof Map ? [...value] : value
}

function parseEdges(
  context: Context,
  rule: ReadonlyMap<string, unknown>,
  source: string,
  skip: readonly SkipRule[],
  path: Path,
): EdgeRule | null {
  const { reading, catalog } = context
  const spelled = reading.text(rule.get('edges'), [...path, 'edges'])
  const [name = '', member = ''] = spelled.split('.')
  const entity = catalog.entities.find(each => each.name === name)
  const inverse = entity?.inverses.get(member)
  if (!entity || inverse?.kind !== 'edges') {
    const found = catalog.entities.flatMap(each =>
      [...each.inverses.values()].filter(isEdges).map(end => `${each.name}.${end.name}`),
    )
    reading.bad([...path, 'edges'], `must name one end of a many-to-many: ${found.join(', ') || 'the model has none'}`)
    return null
  }
  if (!parseEntity(context, name, [...path, 'edges'])) return null
  const relation = catalog.relation(inverse.relation)
  const target = inverse.end === 'from' ? relation.to : relation.from
  const of = parseParts(context, entity, rule.get('of'), source, [...path, 'of'])
  const add = parseKey(context, target, rule.get('add'), source, [...path, 'add'])
  return of && add && { kind: 'edges', source, entity, inverse, of, add, skip, path }
}

function parseSkip(reading: Reading, json: unknown, path: Path): readonly SkipRule[] {
  return reading.list(json, path).map((each, i) => {
    const at = [...path, String(i)]
    const rule = reading.record(each, at, ['column', 'is', 'because'])
    const is = rule.get('is')
    if (!rule.has('is') || (is !== null && (typeof is === 'object' || isList(is)))) {
      reading.bad([...at, 'is'], 'must be null (missing or empty), a text, a number or a boolean')
    }
    return {
      column: reading.text(rule.get('column'), [...at, 'column']),
      is: (is ?? null) as Json,
      because: reading.text(rule.get('because'), [...at, 'because']),
    }
  })
}

function names(things: readonly { readonly name: string }[]): string {
  return things.map(({ name }) => name).join(', ') || 'none'
}
