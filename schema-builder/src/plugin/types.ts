import type { ModelIR } from '@zg/core/ir/ir'

/** A defined model: what `model({ ... }).define({ ... })` gives. */
export interface ZgModel {
  readonly ir: ModelIR
}

export interface ZgOptions {
  readonly model: ZgModel
}
