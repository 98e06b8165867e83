import type { Act } from '@zg/core/act/act'
import { encodeBytes } from '@zg/core/base64url'
import { CHANGE_VERSION, type Change, type Op } from '@zg/core/change/change'
import { createClock } from '@zg/core/change/clock'
import { NOTHING } from '@zg/core/change/instance'
import { apply, beforeOf } from '@zg/core/change/merge'
import { readText } from '@zg/core/change/text'
import { catalog } from '@zg/core/ir/catalog'
import { memoryStorage } from '@zg/core/memory/storage'
import { MAIN } from '@zg/core/ports/scope'
import type { Entry } from '@zg/core/ports/storage'
import { entity, f, model } from '@zg/schema-builder'
import { openDatabase } from '@zg/store/database'
import { openStore, type Store } from '@zg/store/store'
import { appliedAlone, readTrace, type Trace, updatesOf } from '../../../scripts/testing/trace.ts'
import { scopeOf } from '../append/model.ts'
import { requireEqual } from '../equal.ts'
import { judge } from '../line.ts'
import { alternate, median } from '../rounds.ts'
import { onClose } from '../run.ts'
import type { Case } from './case.ts'

const Paper = entity({ id: f.id(), body: f.text() })
const { ir } = model({ open: true, entities: { Paper } }).define()
const papers = catalog(ir)
const PAPER = papers.entity('Paper')
const BODY = PAPER.fields.get('body')?.number ?? 0

/** As the issue's edits come in: so many a change, so many changes a mutation. */
const EDITS = 50
const CHANGES = 100
/** Entries saved at once in memory. */
const BATCH = 512

/** A change for every one of 259,778 edits; the updates are made beforehand, Yjs applies the same. */
export const traceInMemory: Case = {
  name: 'editing trace, in memory',
  async *measure(run) {
    const trace = requireTrace()
    const updates = updatesOf(trace, 1)
    requireEqual('the text', await logged(updates), trace.end)
    requireEqual('the text of Yjs alone', appliedAlone(updates), trace.end)
    const medians = await alternate(
      run,
      this.name,
      async () => timed(() => logged(updates)),
      async () => timed(async () => appliedAlone(updates)),
    )
    yield judge({ bench: 'store', case: this.name, metric: 'ms', ...medians, goal: 0.5 })
  },
}

/** From the first mutation until the last is answered and the whole text has been read. */
export const traceOnPostgres: Case = {
  name: 'editing trace, on Postgres',
  async *measure(run, server) {
    const trace = requireTrace()
    const updates = updatesOf(trace, EDITS)
    const db = await openDatabase({ url: await server.fresh('trace') })
    onClose(() => db.close())
    const store = await openStore(db, ir)
    onClose(() => store.close())
    const durations: number[] = []
    for (let round = 0; round <= run.rounds; round++) {
      const id = `paper_${round}`
      await commit(store, [{ kind: 'create', entity: 'Paper', id, fields: {} }])
      const ms = await timed(async () =>
        requireEqual('the text', await stored(store, id, updates), trace.end),
      )
      run.say(
        `  ${this.name}, ${round === 0 ? 'warming up' : `round ${round} of ${run.rounds}`}: ${Math.round(ms)} ms`,
      )
      if (round > 0) durations.push(ms)
    }
    const ours = median(durations)
    yield judge({ bench: 'store', case: this.name, metric: 'ms, all', ours, reference: null, goal: 10_000 })
  },
}

function requireTrace(): Trace {
  const trace = readTrace()
  if (!trace) throw new Error('The editing trace is not there: it lies in ../shared/data/editing-trace')
  return trace
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  await work()
  return performance.now() - began
}

/** Through changes, merge and the log in memory; the text as that says it. */
async function logged(updates: readonly Uint8Array[]): Promise<string> {
  const storage = memoryStorage({ catalog: papers, log: 'memory' })
  const clock = createClock({ now: () => 1, replica: 7n })
  const row = { entity: PAPER.ir.number, key: 'paper_1' }
  let instance = NOTHING
  const entry = (ops: readonly Op[], seq: number): Entry => {
    const change: Change = {
      v: CHANGE_VERSION,
      id: clock.stamp(),
      tenant: MAIN,
      schema: 'trace',
      ...row,
      ops,
      base: null,
      by: 'me',
      mutation: { client: 'trace', n: seq, index: 0 },
    }
    const before = beforeOf(instance, change)
    instance = apply(instance, change)
    return { seq, change, before, last: true }
  }
  const save = (entries: readonly Entry[]) =>
    storage.batch([MAIN], { wait: true }, batch => {
      const seq = entries.at(-1)?.seq ?? 0
      const instances = [{ ...row, instance, seq }]
      return batch.save(MAIN, {
        head: { seq, hlc: clock.last() },
        entries,
        instances,
        claims: [],
        verdicts: [],
      })
    })
  await save([entry([{ field: 0, kind: 'create' }], 1)])
  for (let from = 0; from < updates.length; from += BATCH) {
    const some = updates.slice(from, from + BATCH)
    await save(
      some.map((update, i) =>
        entry([{ field: BODY, kind: 'text', update: encodeBytes(update) }], from + i + 2),
      ),
    )
  }
  const [text] = await storage.texts(MAIN, [{ ...row, field: BODY, at: null }])
  return text ? readText(text.source).plain : ''
}

async function stored(store: Store, id: string, updates: readonly Uint8Array[]): Promise<string> {
  for (let from = 0; from < updates.length; from += CHANGES) {
    const some = updates.slice(from, from + CHANGES)
    await commit(
      store,
      some.map(update => ({
        kind: 'update',
        entity: 'Paper',
        id,
        fields: { body: { kind: 'text', update: encodeBytes(update) } },
      })),
    )
  }
  const snapshot = store.reader.open(scopeOf())
  const [row] = await snapshot.rows('Paper', ['body'], [id])
  await snapshot.close()
  return String(row?.body)
}

async function commit({ writer }: Store, acts: readonly Act[]): Promise<void> {
  const { verdict } = await writer.commit({ scope: scopeOf(), acts })
  if (verdict.status !== 'applied') throw new Error(`Refused: ${JSON.stringify(verdict.problems)}`)
}
