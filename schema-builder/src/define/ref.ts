import type { Row } from '@zg/core/query/query'
import type { DynamicBuilder, DynamicTypes } from './builder.ts'

export type EntityRef = PothosSchemaTypes.ImplementableObjectRef<DynamicTypes, Row>

const refs = new WeakMap<DynamicBuilder, Map<string, EntityRef>>()

/** The one Pothos ref of an entity's type: a user may hold it before the type is defined. */
export function entityRef(builder: DynamicBuilder, type: string): EntityRef {
  const known = refs.get(builder) ?? new Map<string, EntityRef>()
  refs.set(builder, known)
  const ref = known.get(type) ?? builder.objectRef<Row>(type)
  known.set(type, ref)
  return ref
}
