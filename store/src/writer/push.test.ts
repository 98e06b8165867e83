import { createClock } from '@zg/core/change/clock'
import { projections } from '@zg/core/memory/projection'
import { memoryReader } from '@zg/core/memory/reader'
import { memoryStorage } from '@zg/core/memory/storage'
import { newFilm, onFilm, outbox, pushing, put } from '@zg/core/ports/outbox.suite'
import { films, freshScope } from '@zg/core/ports/ports.suite'
import { pushSuite } from '@zg/core/ports/push.suite'
import { afterAll, expect, test } from 'vitest'
import { machine } from '../host.ts'
import { openPorts } from '../store.ts'
import { fakeHost } from './play.fixture.ts'
import { createWriter } from './writer.ts'

const memory = memoryStorage({ catalog: films, log: 'memory', now: machine.now })
const source = projections(films, tenant => memory.tenant(tenant))
const reader = memoryReader({ catalog: films, log: 'memory', source })
const ports = openPorts({ storage: memory, catalog: films, host: machine, random: machine.random })
afterAll(() => ports.close())
pushSuite('memory', () => ({ ...ports, reader }))

/** A writer over memory, whose database says the time that it is told. */
function desk(now: () => number) {
  const storage = memoryStorage({ catalog: films, log: 'memory', now })
  const host = fakeHost()
  const open = (replica: bigint) =>
    createWriter({
      storage,
      catalog: films,
      schema: 'schema',
      clock: createClock({ now: host.now, replica }),
      host,
    })
  return { storage, open, scope: freshScope() }
}

test('who stamps above what is ahead is let through, and drags the log no further', async () => {
  let behind = 0
  const { open, scope } = desk(() => Date.now() - behind)
  const { told } = pushing(open(1n))
  expect(await told(outbox(scope, { skew: 50_000 }).changes(newFilm('a')))).toBe('applied')
  // The log is now minutes ahead of the clock.
  behind = 300_000
  const further = outbox(scope, { skew: 55_000 })
  expect(await told(further.changes(onFilm('a', put('year', 1))))).toBe('CLOCK_AHEAD')
  const level = outbox(scope, { skew: 45_000 })
  expect(await told(level.changes(onFilm('a', put('year', 1))))).toBe('applied')
})

test('a verdict outlives the writer that gave it; one that is kept no longer is not given again', async () => {
  const { storage, open, scope } = desk(Date.now)
  const box = outbox(scope)
  const [first, second] = [box.changes(newFilm('a')), box.changes(onFilm('a', put('year', 1)))]
  const { push } = pushing(open(1n))
  const verdicts = [await push(first), await push(second)]
  const later = pushing(open(2n))
  expect([await later.push(first), await later.push(box.restamped(second))]).toEqual(verdicts)
  const { verdicts: kept, entries } = storage.tenant(scope.tenant)
  for (const [key, { n }] of kept) if (n === first.n) kept.delete(key)
  expect(await later.told(first)).toBe('VERDICT_GONE')
  expect(await later.push(second)).toEqual(verdicts[1])
  expect(entries).toHaveLength(2)
})
