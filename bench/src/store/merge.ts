import type { Change } from '@zg/core/change/change'
import { createClock } from '@zg/core/change/clock'
import { type Instance, NOTHING } from '@zg/core/change/instance'
import { apply } from '@zg/core/change/merge'
import { requireEqual } from '../equal.ts'
import { judge } from '../line.ts'
import { median } from '../rounds.ts'
import type { Case } from './case.ts'

const CHANGES = 200_000
const ROWS = 10_000
const FIELDS = 8

/** Each change sets one register of one of many rows, in an order that is not that of their stamps. */
export const merge: Case = {
  name: 'pure merge of registers',
  async *measure(run) {
    const changes = history()
    requireEqual('the merged state', plain(merged(changes)), newest(changes))
    const rates: number[] = []
    for (let round = -1; round < run.rounds; round++) {
      // By the processor, not by the clock on the wall: other programs must not count. Garbage collection does.
      const before = process.cpuUsage()
      merged(changes)
      const { user, system } = process.cpuUsage(before)
      const rate = CHANGES / ((user + system) / 1_000_000)
      run.say(`  ${this.name}, ${round < 0 ? 'warming up' : `round ${round + 1}`}: ${Math.round(rate)}`)
      if (round >= 0) rates.push(rate)
    }
    const metric = 'changes/s of CPU'
    yield judge({
      bench: 'store',
      case: this.name,
      metric,
      ours: median(rates),
      reference: null,
      goal: 1_000_000,
    })
  },
}

function merged(changes: readonly Change[]): ReadonlyMap<string, Instance> {
  const rows = new Map<string, Instance>()
  for (const change of changes) rows.set(change.key, apply(rows.get(change.key) ?? NOTHING, change))
  return rows
}

function plain(rows: ReadonlyMap<string, Instance>): Map<string, unknown> {
  return new Map(
    [...rows].flatMap(([key, { cells }]) =>
      Object.entries(cells).map(([field, cell]) => [`${key}/${field}`, cell]),
    ),
  )
}

/** The same by another way: of each field the value with the greatest stamp. */
function newest(changes: readonly Change[]): Map<string, unknown> {
  const cells = new Map<string, { readonly kind: 'register'; readonly at: string; readonly value: unknown }>()
  for (const { id, key, ops } of changes) {
    for (const op of ops) {
      const known = cells.get(`${key}/${op.field}`)
      if (op.kind === 'register' && (!known || known.at < id)) {
        cells.set(`${key}/${op.field}`, { kind: 'register', at: id, value: op.value })
      }
    }
  }
  return cells
}

function history(): readonly Change[] {
  const clock = createClock({ now: () => 1_700_000_000_000, replica: 7n })
  const stamps = Array.from({ length: CHANGES }, () => clock.stamp())
  return stamps.map((_, i): Change => {
    // A step that shares no factor with the length visits every stamp once.
    const id = stamps[(i * 7_919) % CHANGES] ?? ''
    return {
      v: 1,
      id,
      tenant: 'main',
      schema: 'a'.repeat(64),
      entity: 1,
      key: `note_${(i * 31) % ROWS}`,
      ops: [{ field: 1 + (i % FIELDS), kind: 'register', value: `value ${i}` }],
      base: null,
      by: 'anonymous',
      mutation: { client: id, n: 0, index: 0 },
    }
  })
}
