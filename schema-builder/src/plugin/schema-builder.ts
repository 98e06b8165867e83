import SchemaBuilder, { type SchemaTypes } from '@pothos/core'
import { names } from '@zg/core/ir/names'
import type { DynamicBuilder } from '../define/builder.ts'
import { entityRef } from '../define/ref.ts'
import { presented } from './present.ts'
import type { ZgOptions } from './types.ts'

const prototype = SchemaBuilder.prototype as PothosSchemaTypes.SchemaBuilder<SchemaTypes>

prototype.zgRef = function zgRef(entity) {
  const { zg } = this.options as { readonly zg?: ZgOptions }
  const own = zg && names(presented(zg.model.ir, zg)).names.entities[entity]
  if (!own) throw new Error(`The model has no entity ${entity}, or it is left out`)
  return entityRef(this as unknown as DynamicBuilder, own.type) as never
}

prototype.zgEntity = function zgEntity(entity, fields) {
  this.objectFields(this.zgRef(entity), fields as never)
}
