import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { Checks, Defaults } from '@zg/core/act/checks'
import type { Construct, ModelIR } from '@zg/core/ir/ir'
import type { Renames } from '@zg/core/ir/lock'
import { type Problem, problem } from '@zg/core/problem'
import { type Tracing, traceBehaviour } from './behave.ts'
import type { Behaviour } from './behaviour.ts'
import { codeOf, codeProblems } from './code.ts'
import { compile } from './compile.ts'
import type { Entities } from './entity.ts'
import type { Formula, Term } from './formula.ts'

export interface ModelOptions<M extends Entities, C> {
  readonly entities: M
  /** What a principal's claims look like; any Standard Schema. */
  readonly claims?: StandardSchemaV1<unknown, C>
  /** No policies: everybody may read and write everything. Refused outside `zg dev` when neither is said. */
  readonly open?: boolean
}

/** All entities together; `define()` makes it usable. */
export interface Model<M extends Entities, C> {
  readonly entities: M
  readonly claims: StandardSchemaV1<unknown, C> | undefined
  /**
   * Adds what looks across entities, and compiles. Never throws for a mistake in the schema: all of them are in
   * `problems`, at once.
   */
  define(behaviour?: Behaviours<M, C>): DefinedModel<M, C>
}

export type Behaviours<M extends Entities, C> = {
  readonly [E in keyof M]?: Behaviour<{ readonly entities: M }, E, C>
}

/** A schema ready for use, if `problems` is empty. */
export interface DefinedModel<M extends Entities = Entities, C = unknown> {
  readonly entities: M
  readonly claims: StandardSchemaV1<unknown, C> | undefined
  /** Plain JSON, numbered in the order of declaration; `core/ir/lock` renumbers it. */
  readonly ir: ModelIR
  readonly problems: readonly Problem[]
  /** What `.was()` said, for the lock. */
  readonly renames: Renames
  /** Validation functions, by entity and field. They stay out of the IR, and go to the store with the model. */
  readonly checks: Checks
  /** Function defaults, by entity and field; as `checks`. */
  readonly defaults: Defaults
  /** What the predicates of the behaviour say, as data. */
  readonly formulas: readonly Traced[]
}

export interface Traced {
  readonly path: readonly string[]
  readonly says: Formula | Term
}

export function model<const M extends Entities, C = Record<never, never>>(
  options: ModelOptions<M, C>,
): Model<M, C> {
  const { entities, claims, open = false } = options
  return { entities, claims, define: (behaviour = {}) => defined(entities, claims, open, behaviour) }
}

function defined<M extends Entities, C>(
  entities: M,
  claims: StandardSchemaV1<unknown, C> | undefined,
  open: boolean,
  behaviour: Behaviours<M, C>,
): DefinedModel<M, C> {
  const traced: Tracing = traceBehaviour(entities, behaviour)
  const said: Construct[] = claims ? [{ construct: 'claims', path: ['claims'] }] : []
  const { ir, problems, renames } = compile(entities, open, [...said, ...traced.constructs], traced)
  const code = codeOf(entities)
  const hasPolicy = traced.constructs.some(({ construct }) => construct === 'policy')
  const contradiction =
    open && hasPolicy
      ? [
          problem(
            'OPEN_WITH_POLICY',
            ['open'],
            'An open model has no policies; take `open: true` or the policies away',
          ),
        ]
      : []
  return {
    entities,
    claims,
    ir,
    problems: [...problems, ...contradiction, ...traced.problems, ...codeProblems(ir, code)],
    renames,
    ...code,
    formulas: traced.formulas,
  }
}
