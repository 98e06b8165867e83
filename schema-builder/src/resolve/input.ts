import type { FieldAct } from '@zg/core/act/act'
import type { Json } from '@zg/core/json'
import type { InputMember } from './members.ts'
import { textAct } from './text.ts'

/** A mutation's input, as GraphQL has coerced it. */
export type Input = { readonly [name: string]: unknown }

type Does = Exclude<InputMember['does'], 'link' | 'relate'>

/** What one member of an input does, beside what another one says of the same field; null: nothing. */
export function fieldAct(does: Does, value: unknown, before: FieldAct | undefined): FieldAct | null {
  if (does === 'set') return { kind: 'set', value: value as Json }
  // Absent members leave their field untouched, and so do null lists and counters: there is nothing to clear.
  if (value === null) return null
  if (does === 'edit') return textAct(value as Parameters<typeof textAct>[0])
  if (does === 'assign') return assigned(value as Assignments)
  if (does === 'count') return { kind: 'increment', by: moved(value as Move) }
  const both = before?.kind === 'alter' ? before : { add: [], remove: [] }
  return { kind: 'alter', add: both.add, remove: both.remove, [does]: value as readonly Json[] }
}

/** `JSONInput` as GraphQL has coerced it. */
interface Assignments {
  readonly replace?: Json
  readonly set?: readonly { readonly path: string; readonly value?: Json }[] | null
  readonly remove?: readonly string[] | null
}

function assigned({ replace, set, remove }: Assignments): FieldAct {
  const whole = replace === undefined || replace === null ? [] : [{ path: '', value: replace }]
  const parts = (set ?? []).map(({ path, value = null }) => ({ path, value }))
  return { kind: 'assign', set: [...whole, ...parts], remove: remove ?? [] }
}

type Move = { readonly increment: string } | { readonly decrement: string }

function moved(move: Move): string {
  return 'increment' in move ? move.increment : String(-BigInt(move.decrement))
}
