import { type Base, CHANGE_VERSION, type Change, type Op } from '../change/change.ts'
import type { Hlc } from '../change/clock.ts'
import type { Instance } from '../change/instance.ts'
import { apply, beforeOf } from '../change/merge.ts'
import { clocksOf } from '../change/value.ts'
import type { Address, Logged } from './needs.ts'
import { addressKey, type Draft } from './overlay.ts'

/** Who writes the changes of one mutation, and how they are stamped. */
export interface Authorship {
  readonly tenant: string
  /** Hash of the IR. */
  readonly schema: string
  readonly by: string
  readonly client: string
  readonly n: number
  readonly base: Base | null
  /**
   * `base`: the author may not have seen all that is here, so removals and deletes reach what precedes the base only.
   * Absent: what is here is what he saw.
   */
  readonly reach?: 'base'
  /** Made offline: what it says about rows that died meanwhile has no effect, and creates of what is there merge. */
  readonly synced?: true
  /** A stamp above all given ones and above all stamped before. */
  stamp(above: readonly Hlc[]): Hlc
}

/** A change and what it overwrote. */
export interface Written {
  readonly change: Change
  readonly before: Instance | null
}

/** Where in the mutation a change comes from, for problems that show only at its end. */
export interface Cause {
  readonly at: readonly string[]
  /** `at` is the act on the row itself; else it leads to the member that changed another row. */
  readonly own: boolean
}

/** Turns ops into changes on the draft, in order. */
export interface Author {
  readonly synced: boolean
  /** Whether the author had seen what this change did; null: it is one of his own. */
  saw(logged: Logged | null): boolean
  /** Whether he may not have seen all that is here. */
  readonly apart: boolean
  /** `cause`: what of the mutation asks for it. */
  write(address: Address, ops: readonly Op[], cause: Cause): void
  /** What wrote a field last; undefined: nothing of this mutation did. */
  causeOf(address: Address, field: number): Cause | undefined
  readonly written: readonly Written[]
  /** Whether the canonical form of all changes written has more bytes than this. */
  exceeds(bytes: number): boolean
}

export function createAuthor(authorship: Authorship, draft: Draft): Author {
  const written: Written[] = []
  const causes: { readonly change: Change; readonly cause: Cause }[] = []
  /** By address and field, of the first so many of these. */
  const causeOf = new Map<string, Cause>()
  let told = 0
  const encoder = new TextEncoder()
  /** At most so many bytes have been written; so many of the changes are measured, and have so many bytes. */
  let most = 0
  let measured = 0
  let bytes = 0
  const { tenant, schema, by, client, n, base, reach, synced = false, stamp } = authorship
  const frame = FRAME + mostBytes([tenant, schema, by, client])

  return {
    synced,
    apart: reach === 'base' && base !== null,
    saw: logged => logged === null || logged.client === client || logged.seq <= (base?.seq ?? 0),
    written,
    exceeds: limit => {
      // Hardly any mutation comes near, and writing a change out to measure it costs as much as judging it.
      if (most <= limit) return false
      // As long as the canonical form: only the order of members differs.
      for (; measured < written.length; measured++)
        bytes += encoder.encode(JSON.stringify(written[measured]?.change)).length
      return bytes > limit
    },
    causeOf: (address, field) => {
      // Few mutations ask.
      for (; told < causes.length; told++) {
        const { change, cause } = causes[told] as (typeof causes)[number]
        for (const op of change.ops) causeOf.set(`${addressKey(change)}/${op.field}`, cause)
      }
      return causeOf.get(`${addressKey(address)}/${field}`)
    },
    write: (address, ops, cause) => {
      const instance = draft.instance(address)
      const fields = ops.map(op => op.field)
      const change: Change = {
        v: CHANGE_VERSION,
        id: stamp(clocksOf(instance, fields)),
        tenant,
        schema,
        entity: address.entity,
        key: address.key,
        ops: inOrder(ops),
        base,
        by,
        mutation: { client, n, index: written.length },
      }
      most += frame + mostBytes(address.key) + mostBytes(ops)
      causes.push({ change, cause })
      written.push({ change, before: beforeOf(instance, change) })
      draft.stage(address, apply(instance, change))
    },
  }
}

/** All of a change's JSON but the members that have no limit: names, punctuation, stamps, numbers. */
const FRAME = 500
/** Of a number's JSON; a literal's is shorter. */
const NUMBER = 25

/** No value's JSON has more bytes than this. One unit of text becomes six at most. O(members). */
function mostBytes(value: unknown): number {
  if (typeof value === 'string') return 2 + 6 * value.length
  if (typeof value !== 'object' || value === null) return NUMBER
  let bytes = 2
  if (Array.isArray(value)) for (const item of value) bytes += 1 + mostBytes(item)
  else {
    for (const name of Object.keys(value))
      bytes += 4 + 6 * name.length + mostBytes((value as { readonly [name: string]: unknown })[name])
  }
  return bytes
}

/** By field. Mostly they are. */
function inOrder(ops: readonly Op[]): readonly Op[] {
  const sorted = ops.every((op, i) => i === 0 || (ops[i - 1]?.field ?? 0) <= op.field)
  return sorted ? ops : [...ops].sort((a, b) => a.field - b.field)
}
