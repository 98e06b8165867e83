import { decodeCursor, encodeCursor } from '@zg/core/ports/cursor'
import type { MaybePromise } from '@zg/core/ports/scope'
import type { Outcome, Verdict } from '@zg/core/ports/writer'
import { type Problem, problem } from '@zg/core/problem'
import { chain } from '../execute/maybe.ts'
import type { Operation } from '../execute/operation.ts'
import type { Binding } from './binding.ts'
import type { Input } from './input.ts'
import { keyOf } from './key.ts'
import { refusal, refusedBy } from './problem.ts'
import { createScript, type Script } from './script.ts'

/** A bulk mutation has at most so many rows. */
export const BULK_LIMIT = 1_000

export interface MutationArgs {
  readonly id?: string
  readonly ids?: readonly string[]
  readonly input?: Input
  readonly inputs?: readonly Input[]
  readonly key?: Input
  readonly create?: Input
  readonly update?: Input
  readonly mutationId?: string | null
  readonly base?: string | null
  readonly force?: boolean | null
}

/** What `MoviePayload` and `MoviesPayload` are resolved from. */
export interface Payload {
  readonly __typename: string
  /** In the order of the arguments. */
  readonly ids: readonly string[]
  readonly verdict: { readonly status: Verdict['status']; readonly superseded: readonly SupersededField[] }
  readonly cursor: string
  /** Deleted rows are not read again. */
  readonly gone: boolean
}

/** In the names of the API. */
interface SupersededField {
  readonly id: string
  readonly type: string
  readonly field: string
}

export type Refused = Problem & { readonly __typename: string }

export type MutationBinding = Extract<Binding, { readonly kind: 'create' | 'update' | 'delete' | 'upsert' }>

/** Turns one mutation field into one mutation and commits it; refusals are values of the result's union. */
export function mutate(
  operation: Operation,
  binding: MutationBinding,
  args: MutationArgs,
): MaybePromise<Payload | Refused> {
  const { services } = operation
  const over = binding.many && (args.inputs ?? args.ids ?? []).length > BULK_LIMIT
  if (over) {
    const message = `One mutation takes ${BULK_LIMIT} rows at most; split it`
    return refusal(problem('TOO_LARGE', [args.ids ? 'ids' : 'inputs'], message))
  }
  const script = createScript(services)
  const main = written(operation, script, binding, args)
  if (script.problem) return refusal(script.problem)
  const base = args.base === undefined || args.base === null ? undefined : decodeCursor(args.base, ['base'])
  if (base && 'code' in base) return refusal(base)
  return chain(operation.commit(script.acts, { mutationId: args.mutationId ?? undefined, base }), outcome =>
    answer(operation, script, binding, main, outcome),
  )
}

/** Writes the arguments down as acts; answers the indexes of those that are about the rows asked for. */
function written(
  { services }: Operation,
  script: Script,
  { kind, entity, many }: MutationBinding,
  args: MutationArgs,
): readonly number[] {
  const { id = '', input = {}, inputs = [] } = args
  switch (kind) {
    case 'create':
      if (!many) return [script.create(entity, input, ['input'])]
      return inputs.map((one, i) => script.create(entity, one, ['inputs', String(i)]))
    case 'update':
      if (!many) return [script.update(entity, id, input, { at: ['input'], id: ['id'] })]
      return inputs.map(({ id: own, ...one }, i) => {
        const at = ['inputs', String(i)]
        return script.update(entity, String(own), one, { at, id: [...at, 'id'] })
      })
    case 'delete':
      if (!many) return [script.remove(entity, id, ['id'], args.force ?? false)]
      // Named twice it is deleted once.
      return [...new Set(args.ids)].map(own =>
        script.remove(entity, own, ['ids', String((args.ids ?? []).indexOf(own))], args.force ?? false),
      )
    case 'upsert': {
      const key = keyOf(services, entity, args.key ?? {})
      return [script.upsert(entity, key.values, args.create ?? {}, args.update ?? null)]
    }
  }
}

function answer(
  { services: { catalog, names } }: Operation,
  script: Script,
  { kind, entity, many }: MutationBinding,
  main: readonly number[],
  { verdict, position, ids }: Outcome,
): Payload | Refused {
  const own = names.entities[entity]
  if (!own) throw new Error(`No names for entity ${entity}`)
  const [first] = verdict.problems
  if (first) return refusedBy(catalog, names, script, first)
  return {
    __typename: many ? own.manyPayload : own.payload,
    // Under a mutation id sent before, rows have the ids that were made the first time.
    ids: main.map(index => ids[index] ?? script.acts[index]?.id ?? ''),
    verdict: {
      status: verdict.status,
      superseded: (verdict.superseded ?? []).map(({ id, entity: type, field }) => ({
        id,
        type: names.entities[type]?.type ?? type,
        field: names.entities[type]?.fields[field]?.graphql ?? field,
      })),
    },
    cursor: encodeCursor(position),
    gone: kind === 'delete',
  }
}
