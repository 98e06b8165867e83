import type { Catalog, EntityView } from './catalog.ts'
import type { TypeIR } from './ir.ts'

/** A to-one relation: to rows of one entity, or of one of several. */
export type ReferenceType = Extract<TypeIR, { readonly kind: 'ref' | 'refs' }>

export function isReference(type: TypeIR): type is ReferenceType {
  return type.kind === 'ref' || type.kind === 'refs'
}

/** At most one row refers to a target: its other end is singular. */
export function isOneToOne(type: TypeIR): boolean {
  return isReference(type) && type.unique === true
}

/** The entities whose ids a field may hold; none for data. */
export function referredEntities(type: TypeIR): readonly string[] {
  if (type.kind === 'ref') return [type.to]
  return type.kind === 'refs' ? type.to : []
}

/** The entity that an id in the field belongs to; undefined for an id of none of the field's entities. */
export function referredEntity(catalog: Catalog, type: ReferenceType, id: string): EntityView | undefined {
  if (type.kind === 'ref') return catalog.entity(type.to)
  // Prefixes hold no underscore, so only one of them can fit.
  return type.to.map(catalog.entity).find(({ ir }) => id.startsWith(`${ir.prefix}_`))
}
