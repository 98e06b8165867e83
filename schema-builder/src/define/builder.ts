import type { InputFieldMap, SchemaTypes } from '@pothos/core'
import type { Catalog } from '@zg/core/ir/catalog'
import type { EntityNames, FieldNames, Names } from '@zg/core/ir/names'
import type { Context } from '../execute/context.ts'
import type { OperationKind } from '../plugin/types.ts'
import type { Relay } from './relay.ts'

/** Types made from a model are known by name at run time only, so the builder sees every name as defined. */
export interface DynamicTypes extends SchemaTypes {
  outputShapes: SchemaTypes['outputShapes'] & { [name: string]: unknown }
  inputShapes: SchemaTypes['inputShapes'] & { [name: string]: unknown }
  Objects: { [name: string]: unknown }
  Interfaces: { [name: string]: unknown }
  Scalars: SchemaTypes['Scalars'] & { [name: string]: { Input: unknown; Output: unknown } }
  Context: Context
}

export type DynamicBuilder = PothosSchemaTypes.SchemaBuilder<DynamicTypes>
export type InputFields = PothosSchemaTypes.InputFieldBuilder<DynamicTypes, 'InputObject'>
export type InputMap = InputFieldMap

/** What every definition works from. */
export interface Definition {
  readonly builder: DynamicBuilder
  readonly catalog: Catalog
  readonly names: Names
  /** Types and root fields of Relay that a plugin of the builder's defines. */
  readonly relay: Relay | null
  /** Which root fields an entity gets. */
  readonly operations: (entity: string) => ReadonlySet<OperationKind>
}

export function entityNames(names: Names, entity: string): EntityNames {
  const found = names.entities[entity]
  if (!found) throw new Error(`No names for entity ${entity}`)
  return found
}

export function fieldNames(names: Names, entity: string, field: string): FieldNames {
  const found = entityNames(names, entity).fields[field]
  if (!found) throw new Error(`No names for field ${entity}.${field}`)
  return found
}
