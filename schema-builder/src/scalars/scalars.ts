import { parseValue } from '@zg/core/query/scalar'
import { Kind, type ValueNode } from 'graphql'
import type { DynamicBuilder } from '../define/builder.ts'
import { refusal } from '../resolve/refusal.ts'

/** Scalars whose values travel as text and have one spelling, which `core/query/scalar` knows. */
const SPELT = [
  { name: 'BigInt', scalar: 'bigint', means: 'A 64-bit integer, as decimal text: "9007199254740993".' },
  {
    name: 'DateTime',
    scalar: 'datetime',
    means: 'A moment, RFC 3339; sent in UTC: "2026-11-21T10:00:00.000Z".',
  },
  { name: 'Date', scalar: 'date', means: 'A day: "2026-11-21".' },
] as const

/** Rows hold every value as it is sent, so only inputs need work. */
export function defineScalars(builder: DynamicBuilder): void {
  for (const { name, scalar, means } of SPELT) {
    const parse = (value: unknown): unknown => spelt(name, scalar, value)
    builder.scalarType(name, {
      description: means,
      serialize: value => value,
      parseValue: parse,
      parseLiteral: node => parse(literal(node)),
    })
  }
  builder.scalarType('Cursor', {
    description:
      'A position in the log, opaque. Pages have cursors of their own, which are not log positions.',
    serialize: value => value,
    parseValue: cursor,
    parseLiteral: node => cursor(literal(node)),
  })
}

function spelt(name: string, scalar: 'bigint' | 'datetime' | 'date', given: unknown): unknown {
  // Whole numbers that JSON holds exactly need no quotes.
  const value = scalar === 'bigint' && Number.isSafeInteger(given) ? String(given) : given
  const parsed = parseValue({ kind: 'scalar', scalar }, value)
  if (!parsed.ok) throw refusal('BAD_VALUE', [], `${name}: ${parsed.message}`)
  return parsed.value
}

function cursor(value: unknown): string {
  if (typeof value === 'string') return value
  throw refusal('BAD_CURSOR', [], 'Cursor: expected the text that a payload or a feed has sent')
}

/** Integers keep their digits: a number would lose them beyond 2^53. */
function literal(node: ValueNode): unknown {
  return node.kind === Kind.STRING || node.kind === Kind.INT ? node.value : undefined
}
