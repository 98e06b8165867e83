import type { Catalog, EntityView } from '@zg/core/ir/catalog'
import { isList, type Json } from '@zg/core/json'
import type { Problem } from '@zg/core/problem'
import type { EdgeRule, FieldRule, Mapping, RowRule, Rule, SkipRule, SourceRef } from './mapping.ts'
import { parseSource } from './parse-source.ts'
import {
  type Context,
  distinct,
  isNeeded,
  names,
  type Path,
  parseEntity,
  parseKey,
  parseParts,
  parseValue,
} from './parse-value.ts'
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
  const implied: RowRule[] = []
  const rules = reading
    .list(file.get('rules'), ['rules'])
    .flatMap((rule, i) => parseRule({ reading, catalog, implied }, sources, rule, ['rules', String(i)]) ?? [])
  if (reading.problems.length) return { kind: 'problems', problems: reading.problems }
  return { kind: 'mapping', mapping: { sources, rules: [...rules, ...distinct(implied)] } }
}

function parseRule(
  shared: Omit<Context, 'source' | 'skip'>,
  sources: readonly SourceRef[],
  json: unknown,
  path: Path,
): Rule | null {
  const { reading } = shared
  const isEdge = reading.has(json, 'edges')
  const known = isEdge
    ? ['edges', 'from', 'of', 'add', 'skip']
    : ['entity', 'from', 'fields', 'skip', 'repeats']
  const rule = reading.record(json, path, known)
  const source = reading.text(rule.get('from'), [...path, 'from'])
  if (source && !sources.some(({ name }) => name === source)) {
    reading.bad([...path, 'from'], `there is no source "${source}"; it is one of: ${names(sources)}`)
  }
  const skip = rule.has('skip') ? parseSkip(reading, rule.get('skip'), [...path, 'skip']) : []
  const context: Context = { ...shared, source, skip }
  return isEdge ? parseEdges(context, rule, path) : parseRows(context, rule, path)
}

function parseRows(context: Context, rule: ReadonlyMap<string, unknown>, path: Path): RowRule | null {
  const { reading } = context
  const entity = parseEntity(context, reading.text(rule.get('entity'), [...path, 'entity']), [
    ...path,
    'entity',
  ])
  const spelled = reading.record(rule.get('fields'), [...path, 'fields'])
  const repeats = rule.has('repeats') ? reading.boolean(rule.get('repeats'), [...path, 'repeats']) : false
  if (!entity) return null
  const fields = [...spelled].flatMap(
    ([name, value]) => parseField(context, entity, name, value, [...path, 'fields', name]) ?? [],
  )
  for (const field of entity.ir.fields) {
    if (spelled.has(field.name) || !isNeeded(entity, field)) continue
    const why = entity.ir.key.includes(field.name) ? 'part of the key' : 'required'
    reading.bad([...path, 'fields'], `${entity.name}.${field.name} is ${why}: say where it comes from`)
  }
  const { source, skip } = context
  return { kind: 'rows', source, entity, fields, skip, repeats, implied: false, path }
}

function parseField(
  context: Context,
  entity: EntityView,
  name: string,
  json: unknown,
  path: Path,
): FieldRule | null {
  const { reading, catalog } = context
  const field = entity.fields.get(name)
  if (field) {
    const value = parseValue(context, field, json, path)
    return value && { kind: 'field', name, field, value }
  }
  const inverse = entity.inverses.get(name)
  if (inverse?.kind !== 'edges') {
    const members = [
      ...entity.fields.keys(),
      ...[...entity.inverses.values()].filter(isEdges).map(each => each.name),
    ]
    const why = inverse
      ? `is the other end of ${inverse.from}.${inverse.via}: map that`
      : `is no field of ${entity.name}`
    reading.bad(path, `"${name}" ${why}; it has: ${members.join(', ')}`)
    return null
  }
  const relation = catalog.relation(inverse.relation)
  const target = inverse.end === 'from' ? relation.to : relation.from
  const value = parseKey(context, target, json, path)
  return value && { kind: 'edges', name, value }
}

function isEdges({ kind }: { readonly kind: string }): boolean {
  return kind === 'edges'
}

function parseEdges(context: Context, rule: ReadonlyMap<string, unknown>, path: Path): EdgeRule | null {
  const { reading, catalog } = context
  const spelled = reading.text(rule.get('edges'), [...path, 'edges'])
  const [name = '', member = ''] = spelled.split('.')
  const entity = catalog.entities.find(each => each.name === name)
  const inverse = entity?.inverses.get(member)
  if (!entity || inverse?.kind !== 'edges') {
    const found = catalog.entities.flatMap(each =>
      [...each.inverses.values()].filter(isEdges).map(end => `${each.name}.${end.name}`),
    )
    reading.bad(
      [...path, 'edges'],
      `must name one end of a many-to-many: ${found.join(', ') || 'the model has none'}`,
    )
    return null
  }
  if (!parseEntity(context, name, [...path, 'edges'])) return null
  const relation = catalog.relation(inverse.relation)
  const target = inverse.end === 'from' ? relation.to : relation.from
  const of = parseParts(context, entity, rule.get('of'), [...path, 'of'])
  const add = parseKey(context, target, rule.get('add'), [...path, 'add'])
  const { source, skip } = context
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
