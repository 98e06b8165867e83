import type { Measure } from '@zg/core/query/aggregate'
import { type GraphQLObjectType, getNamedType } from 'graphql'
import type { Totals } from '../execute/loads.ts'
import { measured } from '../resolve/groups.ts'
import type { Source } from './collect.ts'
import { UNPLANNED } from './doubt.ts'
import { type Asked, askedOf } from './field.ts'
import { leafOf } from './leaf.ts'

interface AggregatePlan {
  /** The numbers asked for; some perhaps twice. */
  readonly measures: readonly Measure[]
  write(totals: Totals): string
}

/** `aggregate { count sum { price } }`. */
export function aggregatePlan(source: Source, one: Asked): AggregatePlan {
  const measures: Measure[] = []
  const members = membersOf(source, one).map(each => {
    if (typeof each === 'string') return () => each
    const { binding, key } = each
    if (binding.kind !== 'measure') throw UNPLANNED
    const kind = binding.measure
    if (kind === 'count') {
      const leaf = leafOf(each.field.type)
      measures.push({ kind })
      return (totals: Totals) => key + leaf(measured(totals, kind))
    }
    const values = membersOf(source, each).map(inner => {
      if (typeof inner === 'string') return () => inner
      if (inner.binding.kind !== 'property') throw UNPLANNED
      const { name } = inner.binding
      const leaf = leafOf(inner.field.type)
      measures.push({ kind, field: name })
      return (value: { readonly [field: string]: unknown }) => inner.key + leaf(value[name])
    })
    return (totals: Totals) => {
      const value = measured(totals, kind) as { readonly [field: string]: unknown }
      return `${key}{${values.map(write => write(value)).join(',')}}`
    }
  })
  return { measures, write: totals => `{${members.map(write => write(totals)).join(',')}}` }
}

function membersOf(source: Source, { field, nodes }: Asked) {
  return askedOf(source, getNamedType(field.type) as GraphQLObjectType, nodes)
}
