import type { Catalog, EntityView } from '../ir/catalog.ts'
import type { Computation, CrdtKind, InverseIR, TypeIR } from '../ir/ir.ts'

/** A path of names, resolved: the relations it goes through and the field it ends in. */
export interface Route {
  readonly steps: readonly Step[]
  /** The entity that has the field. */
  readonly entity: string
  /** `id` is a field here, too. */
  readonly field: string
  readonly type: TypeIR
  readonly crdt: CrdtKind
  /** The field is computed, by this. */
  readonly says?: Computation
}

/** One relation with at most one row at its end. */
export type Step =
  /** The to-one `field` of the row holds the target's id. */
  | { readonly kind: 'ref'; readonly field: string; readonly to: string }
  /** The row of `to` whose to-one `via` refers to this one. */
  | { readonly kind: 'single'; readonly field: string; readonly to: string; readonly via: string }

/** A path that ends in a to-many or many-to-many relation. */
export interface ManyRoute {
  readonly steps: readonly Step[]
  /** The entity that has the relation. */
  readonly entity: string
  readonly relation: Many
  /** The entity of the related rows. */
  readonly to: string
}

export type Many = Exclude<InverseIR, { kind: 'single' }>

/** Why a path leads nowhere: `at` counts the step, `message` is a whole sentence. */
export interface LostPath {
  readonly at: number
  readonly message: string
}

const ID: TypeIR = { kind: 'scalar', scalar: 'id' }

/** Resolves a path that ends in a field; earlier steps are to-one or single. O(steps). */
export function routeOf(catalog: Catalog, entity: string, path: readonly string[]): Route | LostPath {
  const walked = walk(catalog, entity, path)
  if (isLost(walked)) return walked
  const { steps, view, last, at } = walked
  const field = view.fields.get(last)
  if (field) return { steps, entity: view.name, field: last, type: field.type, crdt: field.crdt }
  const computed = view.computed.get(last)
  if (computed)
    return {
      steps,
      entity: view.name,
      field: last,
      type: computed.type,
      crdt: 'register',
      says: computed.says,
    }
  if (last === 'id') return { steps, entity: view.name, field: 'id', type: ID, crdt: 'register' }
  if (!view.inverses.has(last)) return { at, message: `${view.name} has no field ${last}` }
  return { at, message: `${view.name}.${last} is a relation; go on to a field of it, for example its id` }
}

/** Resolves a path that ends in a to-many or many-to-many relation; earlier steps are to-one or single. */
export function manyRouteOf(catalog: Catalog, entity: string, path: readonly string[]): ManyRoute | LostPath {
  const walked = walk(catalog, entity, path)
  if (isLost(walked)) return walked
  const { steps, view, last, at } = walked
  const relation = view.inverses.get(last)
  if (!relation || relation.kind === 'single')
    return { at, message: `${view.name}.${last} is no to-many relation` }
  return { steps, entity: view.name, relation, to: targetOf(catalog, relation) }
}

/** The entity at the other end of a relation. */
export function targetOf(catalog: Catalog, relation: InverseIR): string {
  if (relation.kind !== 'edges') return relation.from
  const { from, to } = catalog.relation(relation.relation)
  return relation.end === 'from' ? to : from
}

export function isLost(route: object): route is LostPath {
  return 'message' in route
}

/** For code that runs on checked expressions: a path that leads nowhere is then a bug. */
export function found<T extends object>(route: T | LostPath): T {
  if (isLost(route)) throw new Error(route.message)
  return route
}

interface Walk {
  readonly steps: readonly Step[]
  readonly view: EntityView
  readonly last: string
  readonly at: number
}

function walk(catalog: Catalog, entity: string, path: readonly string[]): Walk | LostPath {
  const last = path.at(-1)
  if (last === undefined) return { at: 0, message: `An empty path names no field of ${entity}` }
  const steps: Step[] = []
  let view = catalog.entity(entity)
  for (const [at, name] of path.slice(0, -1).entries()) {
    const step = stepOf(view, name)
    if (!step)
      return { at, message: `${view.name}.${name} is no relation to one row; a path cannot go through it` }
    steps.push(step)
    view = catalog.entity(step.to)
  }
  return { steps, view, last, at: path.length - 1 }
}

/** The path step through the polymorphic to-one `field` to rows of one of its entities: it breaks off for all others. */
export function stepOn(field: string, entity: string): string {
  return `${field}#${entity}`
}

/** What a path goes through by this name; null for no relation to one row. O(1) but for polymorphic ones. */
export function stepOf(view: EntityView, name: string): Step | null {
  const [field = '', on] = name.split('#')
  const type = view.fields.get(field)?.type
  if (on !== undefined)
    return type?.kind === 'refs' && type.to.includes(on) ? { kind: 'ref', field, to: on } : null
  if (type?.kind === 'ref') return { kind: 'ref', field: name, to: type.to }
  const inverse = view.inverses.get(name)
  if (inverse?.kind === 'single') return { kind: 'single', field: name, to: inverse.from, via: inverse.via }
  return null
}
