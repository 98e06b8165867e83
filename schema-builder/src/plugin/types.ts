import type { ModelIR } from '@zg/core/ir/ir'

/** A defined model: what `model({ ... }).define({ ... })` gives. */
export interface ZgModel {
  readonly ir: ModelIR
}

export interface ZgOptions {
  readonly model: ZgModel
}

/** The entities of a model by name; any text where the type of the model does not say. */
export type EntityName<M> = M extends { readonly entities: infer E } ? keyof E & string : string
