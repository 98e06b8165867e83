import type { Act, FieldAct, FieldActs } from '@zg/core/act/act'
import { isList, type Json } from '@zg/core/json'
import type { Wanted } from './record.ts'

/** The act that creates a row. What is missing is left out, so that defaults apply and nothing needless is logged. */
export function creation(wanted: Wanted, without: ReadonlySet<string>): Extract<Act, { kind: 'create' }> {
  const fields: [string, FieldAct][] = []
  for (const [name, value] of wanted.fields) {
    if (value === null || without.has(name)) continue
    fields.push([name, fieldAct(wanted, name, value)])
  }
  return {
    kind: 'create',
    entity: wanted.rule.entity.name,
    id: wanted.id,
    fields: Object.fromEntries(fields),
  }
}

/** The act that writes these values, or null if there is nothing to write. */
export function alteration(wanted: Wanted, values: ReadonlyMap<string, Json>): Act | null {
  if (!values.size) return null
  const fields: FieldActs = Object.fromEntries(
    [...values].map(([name, value]) => [name, fieldAct(wanted, name, value)]),
  )
  return { kind: 'update', entity: wanted.rule.entity.name, id: wanted.id, fields }
}

function fieldAct(wanted: Wanted, name: string, value: Json): FieldAct {
  const crdt = wanted.rule.entity.fields.get(name)?.crdt ?? 'edges'
  if (crdt === 'counter') return { kind: 'increment', by: String(value) }
  if (crdt === 'register') return { kind: 'set', value }
  if (crdt === 'json') return { kind: 'assign', set: [{ path: '', value }], remove: [] }
  if (crdt === 'text') return { kind: 'replace', value: String(value), base: null }
  return { kind: 'alter', add: isList(value) ? value : [value], remove: [] }
}
