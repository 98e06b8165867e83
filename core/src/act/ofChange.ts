import type { Change, Op } from '../change/change.ts'
import { parseEdgeKey } from '../change/id.ts'
import type { Catalog, EntityView } from '../ir/catalog.ts'
import type { EdgeRelationIR } from '../ir/ir.ts'
import { type Problem, problem } from '../problem.ts'
import type { Act, FieldAct } from './act.ts'

/** What a change is about: a row and the act that would make it, or an edge between two rows. */
export type Subject =
  | { readonly kind: 'row'; readonly entity: EntityView; readonly act: Act }
  | { readonly kind: 'edge'; readonly relation: EdgeRelationIR; readonly from: string; readonly to: string }

/** Reads a parsed change by the model; problems where the two do not fit. What the values may be is `checkAct`'s matter. */
export function subjectOf(
  catalog: Catalog,
  change: Change,
  path: readonly string[],
): Subject | readonly Problem[] {
  const entity = catalog.entityByNumber(change.entity)
  if (entity) return rowSubject(entity, change, path)
  const relation = catalog.relationByNumber(change.entity)
  const ends = parseEdgeKey(change.key)
  if (!relation || !ends) {
    const what = relation
      ? `${relation.name} needs a key <from>|<to>`
      : `The schema has no entity ${change.entity}`
    return [problem('UNKNOWN_ENTITY', [...path, 'entity'], what)]
  }
  const problems = change.ops
    .filter(op => op.kind !== 'edge')
    .map(({ field }) => unknownField(relation.name, field, path))
  return problems.length ? problems : { kind: 'edge', relation, ...ends }
}

function rowSubject(
  entity: EntityView,
  { key, ops }: Change,
  path: readonly string[],
): Subject | readonly Problem[] {
  const problems: Problem[] = []
  const fields: [string, FieldAct][] = []
  for (const op of ops) {
    if (op.field === 0) continue
    const field = entity.fieldsByNumber.get(op.field)
    if (!field) problems.push(unknownField(entity.name, op.field, path))
    else if (field.crdt !== op.kind) {
      const message = `${entity.name}.${field.name} is a ${field.crdt}; ops of kind ${op.kind} mean nothing on it`
      problems.push(problem('WRONG_KIND', [...path, field.name], message))
    } else fields.push([field.name, fieldAct(op)])
  }
  if (problems.length) return problems
  const about = { entity: entity.name, id: key }
  const life = ops.find(({ field }) => field === 0)?.kind
  if (life === 'delete') return { kind: 'row', entity, act: { kind: 'delete', ...about } }
  const kind = life === 'create' ? 'create' : 'update'
  return { kind: 'row', entity, act: { kind, ...about, fields: Object.fromEntries(fields) } }
}

type FieldOp = Extract<Op, { kind: 'register' | 'counter' | 'set' | 'json' | 'text' }>

function fieldAct(op: Op): FieldAct {
  const made = op as FieldOp
  switch (made.kind) {
    case 'register':
      return { kind: 'set', value: made.value }
    case 'counter':
      return { kind: 'increment', by: made.by }
    case 'set':
      return { kind: 'alter', add: made.add, remove: made.remove.map(({ element }) => element) }
    case 'json':
      return { kind: 'assign', set: made.set, remove: made.remove }
    case 'text':
      return { kind: 'text', update: made.update }
  }
}

function unknownField(entity: string, number: number, path: readonly string[]): Problem {
  return problem('UNKNOWN_FIELD', [...path, String(number)], `${entity} has no field ${number}`)
}
