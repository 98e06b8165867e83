import { DECIMAL_DIGITS } from '@zg/core/decimal'
import { START } from '@zg/core/ports/feed'
import { parseValue } from '@zg/core/query/scalar'
import { Kind, type ValueNode, valueFromASTUntyped } from 'graphql'
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
  {
    name: 'Bytes',
    scalar: 'bytes',
    means: 'Bytes, as base64url text without padding: "AQID". At most 256 kB.',
  },
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
  builder.scalarType('Decimal', {
    description: 'An exact decimal number, as text: "12.50". How many places it has, its field says.',
    serialize: value => value,
    parseValue: decimal,
    parseLiteral: node => decimal(node.kind === Kind.FLOAT ? node.value : literal(node)),
  })
  builder.scalarType('JSON', {
    description: 'Any JSON value; null stands for a missing one.',
    serialize: value => value,
    parseValue: value => value,
    parseLiteral: (node, variables) => valueFromASTUntyped(node, variables),
  })
  builder.scalarType('Cursor', {
    description:
      'A position in the log, opaque; or `START`, before everything. Pages have cursors of their own, which are not log positions.',
    serialize: value => value,
    parseValue: cursor,
    parseLiteral: node => cursor(node.kind === Kind.ENUM && node.value === START ? START : literal(node)),
  })
}

function spelt(name: string, scalar: (typeof SPELT)[number]['scalar'], given: unknown): unknown {
  // Whole numbers that JSON holds exactly need no quotes.
  const value = scalar === 'bigint' && Number.isSafeInteger(given) ? String(given) : given
  const parsed = parseValue({ kind: 'scalar', scalar }, value)
  if (!parsed.ok) throw refusal('BAD_VALUE', [], `${name}: ${parsed.message}`)
  return parsed.value
}

/** Which form and how many places a decimal has is its field's matter; numbers may have lost digits already. */
function decimal(given: unknown): string {
  const value = Number.isSafeInteger(given) ? String(given) : given
  if (typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value) && value.length <= DECIMAL_DIGITS + 3)
    return value
  const shown = typeof value === 'number' ? 'a number that is not whole' : 'no decimal number'
  throw refusal('BAD_VALUE', [], `Decimal: this is ${shown}; write it as text, like "12.50"`)
}

function cursor(value: unknown): string {
  if (typeof value === 'string') return value
  throw refusal('BAD_CURSOR', [], 'Cursor: expected the text that a payload or a feed has sent')
}

/** Integers keep their digits: a number would lose them beyond 2^53. */
function literal(node: ValueNode): unknown {
  return node.kind === Kind.STRING || node.kind === Kind.INT ? node.value : undefined
}
