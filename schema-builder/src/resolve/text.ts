import type { FieldAct } from '@zg/core/act/act'
import { decodeCursor } from '@zg/core/ports/cursor'
import { refused } from './refusal.ts'

/** `TextInput` as GraphQL has coerced it. */
type TextInput =
  | { readonly replace: { readonly value: string; readonly base?: string | null } }
  | { readonly update: string }

/** Throws `BAD_CURSOR` for a base that is no log position. */
export function textAct(input: TextInput): FieldAct {
  if ('update' in input) return { kind: 'text', update: input.update }
  const { value, base = null } = input.replace
  if (base === null) return { kind: 'replace', value, base }
  const position = decodeCursor(base, ['replace', 'base'])
  if ('code' in position) throw refused(position)
  return { kind: 'replace', value, base: position }
}
