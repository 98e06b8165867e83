import type { Act } from '@zg/core/act/act'
import type { EntityView } from '@zg/core/ir/catalog'
import type { EntityNames } from '@zg/core/ir/names'
import type { Problem } from '@zg/core/problem'

export type ProblemType = 'ValidationProblem' | 'NotFoundProblem' | 'ForbiddenProblem' | 'ConflictProblem'

const TYPES: { readonly [code: string]: ProblemType } = {
  NOT_FOUND: 'NotFoundProblem',
  FORBIDDEN: 'ForbiddenProblem',
  ID_TAKEN: 'ConflictProblem',
  ID_GONE: 'ConflictProblem',
  ID_REUSED: 'ConflictProblem',
  UNIQUE_TAKEN: 'ConflictProblem',
  RESTRICTED: 'ConflictProblem',
  REF_GONE: 'ConflictProblem',
}

/** The GraphQL type of a problem; a code nobody listed is about the input. */
function problemType(code: string): ProblemType {
  return TYPES[code] ?? 'ValidationProblem'
}

/** A refused act as a member of the result's union, its path leading into the arguments of the field. */
export function refusedBy(
  entity: EntityView,
  names: EntityNames,
  act: Act,
  { code, message, path }: Problem,
): Problem & { readonly __typename: ProblemType } {
  const __typename = problemType(code)
  if (!path.length) return { __typename, code, message, path: code === 'ID_REUSED' ? ['mutationId'] : [] }
  return { __typename, code, message, path: argumentPath(entity, names, act, path.slice(1)) }
}

function argumentPath(
  entity: EntityView,
  names: EntityNames,
  act: Act,
  [member, ...rest]: readonly string[],
): readonly string[] {
  if (member === undefined || member === 'id') return act.kind === 'create' ? ['input'] : ['id']
  const own = names.fields[member]
  if (!own) return ['input', member, ...rest]
  const field = entity.fields.get(member)
  if (field?.type.kind === 'ref')
    return ['input', own.graphql, ...(cleared(act, member) ? [] : ['connect']), ...rest]
  const { add, remove } = own
  if (add === null || remove === null) return ['input', own.graphql, ...rest]
  const [side, ...deeper] = rest
  if (side === 'add') return ['input', add, ...deeper]
  if (side === 'remove') return ['input', remove, ...deeper]
  return ['input', alteredBy(act, member) === 'remove' ? remove : add, ...rest]
}

/** The input a problem of a set or relation is about, if only one of the two was given. */
function alteredBy(act: Act, member: string): 'add' | 'remove' {
  const altered = act.kind === 'delete' ? undefined : act.fields[member]
  return altered?.kind === 'alter' && !altered.add.length ? 'remove' : 'add'
}

function cleared(act: Act, member: string): boolean {
  const set = act.kind === 'delete' ? undefined : act.fields[member]
  return set?.kind !== 'set' || set.value === null
}
