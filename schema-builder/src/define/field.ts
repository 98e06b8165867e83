import type { FieldMap, InputFieldMap } from '@pothos/core'
import { bind } from '../resolve/bind.ts'
import type { Binding } from '../resolve/binding.ts'
import type { DynamicTypes } from './builder.ts'

export interface Generated {
  readonly type: string | [string]
  readonly nullable: boolean | { readonly list: boolean; readonly items: boolean }
  readonly binding: Binding
  readonly description?: string
  readonly args?: InputFieldMap
}

export type OutputBuilder = Pick<PothosSchemaTypes.ObjectFieldBuilder<DynamicTypes, unknown>, 'field'>

/** An output field that does what its binding says. */
export function generated(
  t: OutputBuilder,
  { type, nullable, binding, description, args }: Generated,
): FieldMap[string] {
  const { resolve } = bind(binding)
  return t.field({ type, nullable, description, args, resolve, extensions: { zg: binding } })
}
