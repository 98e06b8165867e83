import type { Act, FieldAct, FieldActs } from '@zg/core/act/act'
import { keyValues } from '@zg/core/act/check'
import { keyId, randomId } from '@zg/core/change/id'
import type { EntityView } from '@zg/core/ir/catalog'
import type { Json } from '@zg/core/json'
import { encodeCursor } from '@zg/core/ports/cursor'
import type { MaybePromise } from '@zg/core/ports/scope'
import type { Outcome, Verdict } from '@zg/core/ports/writer'
import type { Problem } from '@zg/core/problem'
import { chain } from '../execute/maybe.ts'
import type { Operation } from '../execute/operation.ts'
import type { Services } from '../execute/services.ts'
import { membersOf } from './members.ts'
import { refusedBy } from './problem.ts'

export interface MutationArgs {
  readonly id?: string
  readonly input?: Input
  readonly mutationId?: string | null
}

/** A mutation's input, as GraphQL has coerced it. */
export type Input = { readonly [name: string]: unknown }

/** What `MoviePayload` is resolved from. */
export interface Payload {
  readonly __typename: string
  readonly id: string
  readonly verdict: Verdict
  readonly cursor: string
  /** Deleted rows are not read again. */
  readonly gone: boolean
}

export type Refused = Problem & { readonly __typename: string }

/** Turns one mutation field into one act and commits it; refusals are values of the result's union. */
export function mutate(
  operation: Operation,
  kind: Act['kind'],
  entity: string,
  args: MutationArgs,
): MaybePromise<Payload | Refused> {
  const { services } = operation
  const act = actOf({ services, kind, entity, args })
  return chain(operation.commit([act], args.mutationId ?? undefined), outcome =>
    answer(services, act, outcome),
  )
}

function answer(
  { catalog, names }: Services,
  act: Act,
  { verdict, position, ids }: Outcome,
): Payload | Refused {
  const own = names.entities[act.entity]
  if (!own) throw new Error(`No names for entity ${act.entity}`)
  const [first] = verdict.problems
  if (first) return refusedBy(catalog.entity(act.entity), own, act, first)
  // Under a mutation id sent before, the row has the id that was made the first time.
  const id = ids[0] ?? act.id
  return { __typename: own.payload, id, verdict, cursor: encodeCursor(position), gone: act.kind === 'delete' }
}

function actOf({ services, kind, entity: name, args }: Wanted): Act {
  const { id = '', input = {} } = args
  if (kind === 'delete') return { kind, entity: name, id }
  const entity = services.catalog.entity(name)
  const fields = fieldActs(services, entity, input)
  if (kind === 'update') return { kind, entity: name, id, fields }
  const { key, prefix } = entity.ir
  if (key.length) return { kind, entity: name, id: keyId(prefix, keyValues(entity, fields)), fields }
  const { host } = services
  return {
    kind,
    entity: name,
    id: randomId(prefix, host.now(), bytes => host.random(bytes)),
    generated: true,
    fields,
  }
}

interface Wanted {
  readonly services: Services
  readonly kind: Act['kind']
  readonly entity: string
  readonly args: MutationArgs
}

/** Absent members leave their field untouched, and so do null lists and counters: there is nothing to clear. */
function fieldActs({ names }: Services, entity: EntityView, input: Input): FieldActs {
  const own = names.entities[entity.name]
  if (!own) throw new Error(`No names for entity ${entity.name}`)
  const { inputs } = membersOf(entity, own)
  const acts: Record<string, FieldAct> = {}
  for (const [given, value] of Object.entries(input)) {
    const member = inputs.get(given)
    if (!member) throw new Error(`${entity.name} has no input ${given}`)
    const act = fieldAct(member.does, value, acts[member.name])
    if (act) acts[member.name] = act
  }
  return acts
}

type Does = 'set' | 'link' | 'count' | 'add' | 'remove'

function fieldAct(does: Does, value: unknown, before: FieldAct | undefined): FieldAct | null {
  if (does === 'set') return { kind: 'set', value: value as Json }
  if (does === 'link') return { kind: 'set', value: (value as { connect: string } | null)?.connect ?? null }
  if (value === null) return null
  if (does === 'count') return { kind: 'increment', by: moved(value as Move) }
  const both = before?.kind === 'alter' ? before : { add: [], remove: [] }
  return { kind: 'alter', add: both.add, remove: both.remove, [does]: value as readonly Json[] }
}

type Move = { readonly increment: string } | { readonly decrement: string }

function moved(move: Move): string {
  return 'increment' in move ? move.increment : String(-BigInt(move.decrement))
}
