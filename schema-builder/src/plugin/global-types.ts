import type {
  FieldMap,
  FieldNullability,
  FieldRef,
  SchemaTypes,
  ShapeFromTypeParam,
  TypeParam,
} from '@pothos/core'
import type { Row } from '@zg/core/query/query'
import type { ZgPlugin } from './plugin.ts'
import type { CustomField, EntityName, EntityRow, Presentation, ZgModel } from './types.ts'

declare global {
  export namespace PothosSchemaTypes {
    export interface Plugins<Types extends SchemaTypes> {
      zg: ZgPlugin<Types>
    }

    export interface SchemaBuilderOptions<Types extends SchemaTypes> {
      zg?: Presentation<EntityName<Types['ZG']>> & { readonly model: Types['ZG'] }
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

      /** Adds fields to the type of an entity: computed from its row with `t.zg`, or any that Pothos knows. */
      zgEntity<E extends EntityName<Types['ZG']>>(
        entity: E,
        fields: (t: ObjectFieldBuilder<Types, EntityRow<Types['ZG'], E>>) => FieldMap,
      ): void
    }

    export interface ObjectFieldBuilder<Types extends SchemaTypes, ParentShape> {
      /** A field computed from columns of its row: `select` types what it gets, and is all that is read for it. */
      zg<
        Type extends TypeParam<Types>,
        Select extends keyof ParentShape & string,
        Nullable extends FieldNullability<Type> = false,
      >(
        options: CustomField<Types, ParentShape, Type, Nullable, Select>,
      ): FieldRef<Types, ShapeFromTypeParam<Types, Type, Nullable>, 'Object'>
    }
  }
}
