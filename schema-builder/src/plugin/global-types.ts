import type { SchemaTypes } from '@pothos/core'
import type { Row } from '@zg/core/query/query'
import type { ZgPlugin } from './plugin.ts'
import type { EntityName, ZgModel, ZgOptions } from './types.ts'

declare global {
  export namespace PothosSchemaTypes {
    export interface Plugins<Types extends SchemaTypes> {
      zg: ZgPlugin<Types>
    }

    export interface SchemaBuilderOptions<Types extends SchemaTypes> {
      zg?: ZgOptions & { readonly model: Types['ZG'] }
    }

    export interface UserSchemaTypes {
      ZG: ZgModel
    }

    export interface ExtendDefaultTypes<PartialTypes extends Partial<UserSchemaTypes>> {
      ZG: PartialTypes['ZG'] & ZgModel
    }

    export interface SchemaBuilder<Types extends SchemaTypes> {
      /** The type of an entity, to add fields to: `b.objectField(b.zgRef('Movie'), 'shout', t => ...)`. */
      zgRef(entity: EntityName<Types['ZG']>): ObjectRef<Types, Row>
    }
  }
}
