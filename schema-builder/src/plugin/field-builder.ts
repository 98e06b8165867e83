import { ObjectFieldBuilder, type SchemaTypes } from '@pothos/core'
import { type Custom, customResolver } from './custom.ts'

const prototype = ObjectFieldBuilder.prototype as PothosSchemaTypes.ObjectFieldBuilder<SchemaTypes, object>

prototype.zg = function zg(options) {
  const { type, select, runs, nullable, description, deprecationReason } = options
  const custom = options as unknown as Custom
  return this.field({
    type,
    description,
    deprecationReason,
    nullable: runs === 'gateway' ? true : (nullable ?? false),
    resolve: customResolver(custom),
    extensions: { zg: { kind: 'custom', select, runs } },
  } as never) as never
}
