import type { Act } from '@zg/core/act/act'
import { GIVEN_KEY } from '@zg/core/act/given'
import type { Catalog } from '@zg/core/ir/catalog'
import type { EntityNames, Names } from '@zg/core/ir/names'
import { isReference } from '@zg/core/ir/refer'
import type { Problem } from '@zg/core/problem'
import type { Place, Script } from './script.ts'

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
  UNSEEN_ROWS: 'ConflictProblem',
}

/** Problems about the mutation as a whole, and the arguments they are about. */
const ARGUMENTS: { readonly [code: string]: readonly string[] } = {
  ID_REUSED: ['mutationId'],
  BAD_CURSOR: ['base'],
}

/** The GraphQL type of a problem; a code nobody listed is about the input. */
function problemType(code: string): ProblemType {
  return TYPES[code] ?? 'ValidationProblem'
}

/** A problem as a member of the result's union. */
export function refusal(found: Problem): Problem & { readonly __typename: ProblemType } {
  return { ...found, __typename: problemType(found.code) }
}

/** A problem of one of the script's acts, its path leading into the arguments of the field. */
export function refusedBy(
  catalog: Catalog,
  names: Names,
  { acts, places }: Pick<Script, 'acts' | 'places'>,
  { code, message, path: [index, ...path] }: Problem,
): Problem & { readonly __typename: ProblemType } {
  const act = acts[Number(index)]
  const place = places[Number(index)]
  const own = act && names.entities[act.entity]
  if (index === undefined || !act || !place || !own) {
    return refusal({ code, message, path: ARGUMENTS[code] ?? [] })
  }
  return refusal({ code, message, path: argumentPath(catalog, own, act, place, path) })
}

function argumentPath(
  catalog: Catalog,
  names: EntityNames,
  act: Act,
  place: Place,
  [member, ...rest]: readonly string[],
): readonly string[] {
  if (member === undefined || member === 'id') return place.id
  if (member === GIVEN_KEY) return ['key', ...rest.map(name => names.fields[name]?.graphql ?? name)]
  const own = names.fields[member]
  if (!own) return [...place.at, member, ...rest]
  const { add, remove, graphql } = own
  const { fields, inverses } = catalog.entity(act.entity)
  const field = fields.get(member)
  if ((field && isReference(field.type)) || inverses.get(member)?.kind === 'single') {
    if (place.made.has(member)) return place.at
    return [...place.at, graphql, ...(cleared(act, member) ? [] : ['connect']), ...rest]
  }
  if (add === null || remove === null) return [...place.at, graphql, ...rest]
  const [side, ...deeper] = rest
  if (side === 'add') return [...place.at, add, ...deeper]
  if (side === 'remove') return [...place.at, remove, ...deeper]
  return [...place.at, alteredBy(act, member) === 'remove' ? remove : add, ...rest]
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
