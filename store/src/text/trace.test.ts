import { encodeBytes } from '@zg/core/base64url'
import { CHANGE_VERSION, type Change, type Op } from '@zg/core/change/change'
import { createClock } from '@zg/core/change/clock'
import { NOTHING } from '@zg/core/change/instance'
import { apply, beforeOf } from '@zg/core/change/merge'
import { readText } from '@zg/core/change/text'
import { notes } from '@zg/core/ir/notes.fixture'
import { memoryStorage } from '@zg/core/memory/storage'
import { freshScope } from '@zg/core/ports/ports.suite'
import type { Entry } from '@zg/core/ports/storage'
import { edit, note } from '@zg/core/ports/text.suite'
import { describe, expect, test } from 'vitest'
import { requireOrSkip } from '../../../scripts/testing/require.ts'
import { readTrace, TRACE_FILE, updatesOf } from '../../../scripts/testing/trace.ts'
import { memoryDatabase } from '../database.fixture.ts'
import { openStore } from '../store.ts'

const trace = readTrace()
const there = requireOrSkip('editing-trace', trace !== null, `there is no ${TRACE_FILE}`)

describe.runIf(there)('a paper of 259,778 edits', () => {
  const { end, edits } = trace ?? { end: '', edits: [] }

  test('one change an edit: through changes, merge and the log in memory it comes out exact', async () => {
    const storage = memoryStorage({ catalog: notes, log: 'memory' })
    const clock = createClock({ now: () => 1, replica: 7n })
    let instance = NOTHING
    const logged = (ops: readonly Op[], seq: number): Entry => {
      const change: Change = {
        v: CHANGE_VERSION,
        id: clock.stamp(),
        tenant: 'main',
        schema: 'a0',
        ...ROW,
        ops,
        base: null,
        by: 'me',
        mutation: { client: 'c', n: seq, index: 0 },
      }
      const before = beforeOf(instance, change)
      instance = apply(instance, change)
      return { seq, change, before, last: true }
    }
    const updates = updatesOf({ edits, end }, 1)
    expect(updates.length).toBe(259_778)
    await storage.batch(['main'], { wait: true }, batch => {
      const entries = [
        logged([{ field: 0, kind: 'create' }], 1),
        ...updates.map((update, i) =>
          logged([{ field: BODY, kind: 'text', update: encodeBytes(update) }], i + 2),
        ),
      ]
      const head = { seq: entries.length, hlc: clock.last() }
      const instances = [{ ...ROW, instance, seq: head.seq }]
      return batch.save('main', { head, entries, instances, claims: [], verdicts: [] })
    })
    const [text] = await storage.texts('main', [{ ...ROW, field: BODY, at: null }])
    expect(text && readText(text.source).plain === end).toBe(true)
  }, 120_000)

  test('fifty edits a change, a hundred changes a mutation: the store reads it exact, and so do its tables', async () => {
    const database = await memoryDatabase()
    const store = await openStore(database, notes.model)
    const scope = freshScope()
    await store.writer.commit({ scope, acts: [note('paper')] })
    const updates = updatesOf({ edits, end }, 50)
    for (let from = 0; from < updates.length; from += 100) {
      const acts = updates
        .slice(from, from + 100)
        .map(update => edit('paper', { body: { kind: 'text', update: encodeBytes(update) } }))
      const { verdict } = await store.writer.commit({ scope, acts })
      expect(verdict.problems).toEqual([])
    }
    const snapshot = store.reader.open(scope)
    const [row] = await snapshot.rows('Note', ['body'], ['note_paper'])
    await snapshot.close()
    expect(row?.body === end).toBe(true)
    await store.settled()
    const [stored] = await database.query<{ body: string }>('select body from note where tenant = $1', [
      scope.tenant,
    ])
    expect(stored?.body === end).toBe(true)
    await store.close()
    await database.close()
  }, 120_000)
})

const ROW = { entity: 1, key: 'note_paper' }
const BODY = 2
