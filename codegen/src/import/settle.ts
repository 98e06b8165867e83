import type { Act } from '@zg/core/act/act'
import type { Scope } from '@zg/core/ports/scope'
import type { Writer } from '@zg/core/ports/writer'
import type { Problem } from '@zg/core/problem'

/** Acts that are written together or not at all: those of one row, or of rows that refer to each other. */
export interface Unit {
  readonly acts: readonly Act[]
  /** Called once, with why it was refused, or with nothing when it was written. Paths start at the unit's acts. */
  readonly settled: (problems: readonly Problem[]) => void
}

/**
 * Writes units in as few mutations as possible, in order: all in one, and if that is refused, without those that
 * the refusal names and in halves, so that only bad units are refused. At most O(n log n) acts are judged.
 */
export async function settle(writer: Writer, scope: Scope, units: readonly Unit[]): Promise<void> {
  if (!units.length) return
  const { verdict } = await writer.commit({ scope, acts: units.flatMap(unit => unit.acts) })
  if (verdict.status === 'applied') {
    for (const unit of units) unit.settled([])
    return
  }
  const [only] = units
  if (only && units.length === 1) {
    only.settled(verdict.problems)
    return
  }
  const named = attribute(units, verdict.problems)
  for (const [unit, problems] of named) unit.settled(problems)
  const rest = units.filter(unit => !named.has(unit))
  // In halves, even where only the named were bad: many bad rows must not each cost a whole mutation.
  const half = Math.ceil(rest.length / 2)
  await settle(writer, scope, rest.slice(0, half))
  await settle(writer, scope, rest.slice(half))
}

/**
 * The units that problems name by the index of an act, with their problems. What is said of an act as a whole may
 * be about the mutation (`TOO_LARGE`), so it names nobody.
 */
function attribute(
  units: readonly Unit[],
  problems: readonly Problem[],
): ReadonlyMap<Unit, readonly Problem[]> {
  const owners = units.flatMap(unit => unit.acts.map((_, i) => ({ unit, i })))
  const named = new Map<Unit, Problem[]>()
  for (const each of problems) {
    const owner = owners[Number(each.path[0])]
    if (!owner || each.path.length < 2) continue
    const own = named.get(owner.unit) ?? []
    own.push({ ...each, path: [String(owner.i), ...each.path.slice(1)] })
    named.set(owner.unit, own)
  }
  return named
}
