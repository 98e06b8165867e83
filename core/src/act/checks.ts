import type { ModelIR } from '../ir/ir.ts'
import type { Json } from '../json.ts'
import { type Problem, problem } from '../problem.ts'

/**
 * Judges one value, given in its one JSON form; paths of the problems lead into the value. Pure and synchronous:
 * whoever judges the same value anywhere finds the same.
 */
export type Check = (value: Json) => readonly Problem[]

/** Validation functions by entity and field. They are code, so they travel beside the IR, never in it. */
export type Checks = { readonly [entity: string]: { readonly [field: string]: readonly Check[] } }

/** Makes the value of a field that a create leaves out; called by whoever writes the act, once per row. */
export type MakeDefault = () => unknown

/** Function defaults by entity and field. */
export type Defaults = { readonly [entity: string]: { readonly [field: string]: MakeDefault } }

/** What a defined model has beside its IR. */
export interface ModelCode {
  readonly checks: Checks
  readonly defaults: Defaults
}

/** Of a model without any. */
export const NO_CODE: ModelCode = { checks: {}, defaults: {} }

export function checksOf(checks: Checks, entity: string, field: string): readonly Check[] {
  return member(member(checks, entity), field) ?? []
}

export function defaultOf(defaults: Defaults, entity: string, field: string): MakeDefault | undefined {
  return member(member(defaults, entity), field)
}

/**
 * Functions that the IR says exist and that are not here (`CODE_MISSING`): opened without them, a store would let
 * through what the schema refuses.
 */
export function missingCode(model: ModelIR, { checks, defaults }: ModelCode): readonly Problem[] {
  const remedy = 'open the store with the defined model itself, not with its IR alone'
  return model.entities.flatMap(({ name, fields }) =>
    fields.flatMap(field => {
      const path = [name, field.name]
      const lacks = [
        ...(field.check && checksOf(checks, name, field.name).length === 0 ? ['its validation'] : []),
        ...(field.authored && !defaultOf(defaults, name, field.name) ? ['its function default'] : []),
      ]
      return lacks.map(lack => problem('CODE_MISSING', path, `${path.join('.')} lacks ${lack}; ${remedy}`))
    }),
  )
}

/** Names come from the model, where one may be called `constructor`. */
function member<T>(from: { readonly [name: string]: T } | undefined, name: string): T | undefined {
  return from && Object.hasOwn(from, name) ? from[name] : undefined
}
