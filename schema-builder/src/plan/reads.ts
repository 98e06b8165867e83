import type { Measure } from '@zg/core/query/aggregate'
import { type ArgumentNode, type FieldNode, print } from 'graphql'

/**
 * One read that a plan comes to, and those below its rows. Fields that ask for the same under several names share it,
 * so that it brings what any of them needs.
 */
export interface Reads {
  readonly fields: Set<string>
  readonly measures: Map<string, Measure>
  readonly below: Map<string, Reads>
  /** The values of the order are wanted, for cursors. */
  cursors: boolean
  /** Rows are wanted, not only numbers about them. */
  rows: boolean
}

export function createReads(): Reads {
  return { fields: new Set(), measures: new Map(), below: new Map(), cursors: false, rows: false }
}

/** The read of this name below another one; equal names are one read. */
export function readBelow({ below }: Reads, name: string): Reads {
  const known = below.get(name)
  if (known) return known
  const made = createReads()
  below.set(name, made)
  return made
}

/** The columns of a read, and these. */
export function fieldsOf({ fields }: Reads, more: readonly string[] = []): readonly string[] {
  return [...new Set([...fields, ...more])].sort()
}

/** How often is read, at most, when every list fits into one statement. */
export function countReads({ below, rows, measures }: Reads): number {
  const own = (rows ? 1 : 0) + (measures.size ? 1 : 0)
  return [...below.values()].reduce((sum, reads) => sum + countReads(reads), own)
}

/** Equal for arguments that are written alike, in whatever order; of those called `only`, if given. */
export function argumentsKey(nodes: readonly FieldNode[], only?: readonly string[]): string {
  const given = (nodes[0]?.arguments ?? []).filter(({ name }) => !only || only.includes(name.value))
  return [...given].sort(byName).map(print).join(' ')
}

function byName(one: ArgumentNode, other: ArgumentNode): number {
  return one.name.value < other.name.value ? -1 : 1
}
