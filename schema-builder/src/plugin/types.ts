import type { ModelIR } from '@zg/core/ir/ir'
import type { Problem } from '@zg/core/problem'

/** A defined model: what `model({ ... }).define({ ... })` gives. */
export interface ZgModel {
  readonly ir: ModelIR
  /** What is wrong with it; a model with problems is refused. */
  readonly problems?: readonly Problem[]
}

export interface ZgOptions {
  readonly model: ZgModel
}

/** The entities of a model by name; any text where the type of the model does not say. */
export type EntityName<M> = M extends { readonly entities: infer E } ? keyof E & string : string
