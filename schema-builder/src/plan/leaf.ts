import {
  type GraphQLLeafType,
  type GraphQLOutputType,
  isLeafType,
  isListType,
  isNonNullType,
  specifiedScalarTypes,
} from 'graphql'
import { DOUBT, UNPLANNED } from './doubt.ts'

/** A value as JSON text, as graphql would complete and stringify it; throws where that would be an error. */
export type Leaf = (value: unknown) => string

export function leafOf(type: GraphQLOutputType): Leaf {
  if (isNonNullType(type)) {
    const inner = presentOf(type.ofType)
    return value => {
      if (value === null || value === undefined) throw DOUBT
      return inner(value)
    }
  }
  const inner = presentOf(type)
  return value => (value === null || value === undefined ? 'null' : inner(value))
}

function presentOf(type: GraphQLOutputType): Leaf {
  if (isListType(type)) {
    const item = leafOf(type.ofType)
    return value => {
      if (!Array.isArray(value)) throw DOUBT
      return `[${value.map(item).join(',')}]`
    }
  }
  if (!isLeafType(type)) throw UNPLANNED
  const printed: Leaf = value => {
    const shown = type.serialize(value)
    if (shown === undefined || shown === null) throw DOUBT
    return JSON.stringify(shown)
  }
  const fast = isSpecified(type) ? FAST[type.name] : undefined
  return fast ? value => fast(value) ?? printed(value) : printed
}

/** A builder may have replaced them. */
function isSpecified({ name, serialize }: GraphQLLeafType): boolean {
  return specifiedScalarTypes.some(type => type.name === name && type.serialize === serialize)
}

/** Those of the specification, for the values that rows hold; anything else goes the long way. */
const FAST: { readonly [scalar: string]: (value: unknown) => string | null } = {
  String: quoted,
  ID: quoted,
  Int: value =>
    typeof value === 'number' && Number.isInteger(value) && Math.abs(value) < 2 ** 31 ? `${value}` : null,
  Float: value => (typeof value === 'number' && Number.isFinite(value) ? `${value}` : null),
  Boolean: value => (typeof value === 'boolean' ? `${value}` : null),
}

function quoted(value: unknown): string | null {
  return typeof value === 'string' ? JSON.stringify(value) : null
}
