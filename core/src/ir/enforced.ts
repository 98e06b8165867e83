import { type Problem, problem } from '../problem.ts'
import type { ModelIR } from './ir.ts'

/**
 * Why a sound model may still not be served: nothing that a schema says may silently not happen.
 * `dev`: under `zg dev`, where a model without policies is let through.
 */
export function startProblems(model: ModelIR, { dev }: { readonly dev: boolean }): readonly Problem[] {
  const unenforced = model.unenforced.map(({ construct, path }) =>
    problem('NOT_ENFORCED', path, `${construct} is not enforced yet; take it out of the schema to start`),
  )
  // A policy is one of the constructs that are not enforced yet, so those who wrote one have heard about it.
  const policed = model.unenforced.some(({ construct }) => construct === 'policy')
  if (model.open || policed || dev) return unenforced
  const remedy = 'say model({ open: true, ... }) if everybody may read and write everything'
  return [...unenforced, problem('NO_POLICY', ['open'], `The model has no policies; ${remedy}`)]
}
