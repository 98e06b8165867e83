import type { Construct } from '@zg/core/ir/ir'
import { type Problem, problem } from '@zg/core/problem'
import type { Entities, Entity } from './entity.ts'
import type { Formula, Term } from './formula.ts'
import { traceCondition, traceTerm } from './trace.ts'

/** What a behaviour says, and what is wrong with it. */
export interface Tracing {
  readonly constructs: readonly Construct[]
  readonly problems: readonly Problem[]
  readonly formulas: readonly { readonly path: readonly string[]; readonly says: Formula | Term }[]
}

/** One thing said at a path: a predicate, a value, or something that is just listed. */
interface Said {
  readonly path: readonly string[]
  readonly closure?: unknown
  readonly as?: 'condition' | 'term'
  /** The construct that it stands for, where it is named. */
  readonly construct?: string
  readonly wrong?: string
}

/**
 * Runs every closure of `define()` over rows that only record what is asked of them. A closure that throws, or asks
 * for what is not there, is a problem with its path. Typed callers rarely see one: the compiler has told them.
 */
export function traceBehaviour(entities: Entities, behaviour: object): Tracing {
  const constructs: Construct[] = []
  const problems: Problem[] = []
  const formulas: Tracing['formulas'][number][] = []
  for (const [name, own] of Object.entries(behaviour)) {
    const entity = Object.hasOwn(entities, name) ? entities[name] : undefined
    if (!entity) {
      problems.push(
        problem(
          'UNKNOWN_ENTITY',
          [name],
          `define() speaks of ${name}, which is not in the model; add it or take it out`,
        ),
      )
      continue
    }
    for (const { path, closure, as, construct, wrong } of sayings(name, entity, record(own))) {
      if (construct !== undefined) constructs.push({ construct, path })
      if (wrong !== undefined) problems.push(problem('BAD_BEHAVIOUR', path, wrong))
      if (closure === undefined) continue
      try {
        const says = (as === 'term' ? traceTerm : traceCondition)(entities, name, closure)
        formulas.push({ path, says })
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error)
        problems.push(problem('BAD_BEHAVIOUR', path, `The function cannot become an expression: ${reason}`))
      }
    }
  }
  return { constructs, problems, formulas }
}

function sayings(name: string, entity: Entity, own: Members): readonly Said[] {
  const at = (...path: string[]): readonly string[] => [name, ...path]
  const events = new Set(
    Object.values(entity.fields).flatMap(({ spec: { kind } }) =>
      kind.kind === 'state' ? Object.values(kind.graph).flatMap(Object.keys) : [],
    ),
  )
  const hasComputed = (field: string): boolean => entity.fields[field]?.spec.kind.kind === 'computed'
  return [
    ...(own.policy === undefined
      ? []
      : [{ path: at('policy'), construct: 'policy' }, ...policySayings(at, record(own.policy))]),
    ...members(own.computed).map(
      ([field, closure]): Said => ({
        path: at('computed', field),
        closure,
        as: 'term',
        ...(hasComputed(field)
          ? {}
          : { wrong: `${name} has no computed field ${field}; declare ${field}: f.computed()` }),
      }),
    ),
    ...members(own.rules).map(
      ([rule, said]): Said => ({ path: at('rules', rule), construct: 'rules', closure: record(said).check }),
    ),
    ...members(own.transitions).flatMap(([event, said]): Said[] => [
      {
        path: at('transitions', event),
        construct: 'transitions',
        ...(events.has(event)
          ? {}
          : {
              wrong: `No state of ${name} has the event ${event}; it has ${[...events].join(', ') || 'none'}`,
            }),
      },
      { path: at('transitions', event, 'allow'), closure: record(said).allow },
      { path: at('transitions', event, 'guard'), closure: record(said).guard },
    ]),
    ...members(own.actions).flatMap(([action, said]): Said[] => [
      { path: at('actions', action), construct: 'actions' },
      { path: at('actions', action, 'allow'), closure: record(said).allow },
    ]),
    ...members(own.hooks).map(([hook]): Said => ({ path: at('hooks', hook), construct: 'hooks' })),
  ]
}

function policySayings(at: (...path: string[]) => readonly string[], policy: Members): readonly Said[] {
  const { fields, ...operations } = policy
  return [
    ...members(operations).flatMap(([operation, allow]) => allowSayings(at('policy', operation), allow)),
    ...members(fields).flatMap(([field, allows]) =>
      members(allows).flatMap(([operation, allow]) =>
        allowSayings(at('policy', 'fields', field, operation), allow),
      ),
    ),
  ]
}

/** A function, or one before and one after. */
function allowSayings(path: readonly string[], allow: unknown): readonly Said[] {
  if (typeof allow === 'function') return [{ path, closure: allow }]
  return members(allow).map(([moment, closure]) => ({ path: [...path, moment], closure }))
}

type Members = { readonly [member: string]: unknown }

function record(value: unknown): Members {
  return typeof value === 'object' && value !== null ? (value as Members) : {}
}

function members(value: unknown): readonly (readonly [string, unknown])[] {
  return Object.entries(record(value)).filter(([, member]) => member !== undefined)
}
