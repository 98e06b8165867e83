import { film, freshScope, increment, update } from '@zg/core/ports/ports.suite'
import { StatementRefused, type Storage } from '@zg/core/ports/storage'
import { describe, expect, test } from 'vitest'
import { outcomeOf, setUp } from './writer.fixture.ts'

describe('mutation ids', () => {
  test('are kept thirty days and forgotten soon after, without being asked for', async () => {
    const { host, memory, writer, scope, commit } = setUp()
    const day = 24 * 60 * 60 * 1_000
    const send = (mutationId: string, title: string) =>
      writer.commit({ scope, mutationId, acts: [film(title)] })
    await send('first', 'a')
    host.slept += 30 * day
    await send('second', 'b')
    const held = () => [...memory.tenant(scope.tenant).verdicts.values()].map(({ client }) => client)
    expect(held()).toEqual(['id:first', 'id:second'])
    // One ms more is too old, but who has looked within the minute does not look again.
    host.slept += 1
    await commit(film('c'))
    expect(held()).toEqual(['id:first', 'id:second'])
    host.slept += 60_000
    await commit(film('d'))
    expect(held()).toEqual(['id:second'])
    expect((await send('first', 'e')).verdict.status).toBe('applied')
  })
})

describe('group commit', () => {
  test('what arrives together is one batch, and each mutation ends with last', async () => {
    const { commit, commits, memory, scope } = setUp()
    await Promise.all([commit(film('a'), film('b')), commit(film('c'))])
    expect(commits).toEqual([`${scope.tenant}@3`])
    expect(memory.tenant(scope.tenant).entries.map(({ seq, last }) => [seq, last])).toEqual([
      [1, false],
      [2, true],
      [3, true],
    ])
  })

  test('a refused mutation leaves neither changes nor staged state behind', async () => {
    const { commit, memory, scope } = setUp()
    const results = await Promise.all([
      commit(film('a'), update('Film', 'film_zz', { likes: increment('1') })),
      commit(film('a')),
    ])
    expect(results.map(({ verdict }) => verdict.status)).toEqual(['rejected', 'applied'])
    expect(memory.tenant(scope.tenant).entries).toHaveLength(1)
  })

  test('stamps rise along the log and stay above the clocks they overwrite', async () => {
    const { commit, memory, scope } = setUp()
    for (let i = 0; i < 50; i++)
      await commit(i ? update('Film', 'film_a', { likes: increment('1') }) : film('a'))
    const stamps = memory.tenant(scope.tenant).entries.map(({ change }) => change.id)
    expect(stamps).toEqual([...stamps].sort())
    expect(new Set(stamps).size).toBe(50)
  })
})

describe('trouble', () => {
  /** A database that refuses every batch in which film_bad is written. */
  const poisoned = (storage: Storage): Storage => ({
    ...storage,
    batch: (tenants, options, work) =>
      storage.batch(tenants, options, batch =>
        work({
          ...batch,
          save: async (tenant, writes) => {
            if (writes.entries.some(({ change }) => change.key === 'film_bad'))
              throw new StatementRefused('no')
            await batch.save(tenant, writes)
          },
        }),
      ),
  })

  test('a statement the database refuses costs only the mutation at fault', async () => {
    const { commit, memory, scope } = setUp(poisoned)
    const ids = ['a', 'b', 'c', 'bad', 'd', 'e', 'f']
    const results = await Promise.all(ids.map(id => outcomeOf(commit(film(id)))))
    expect(results).toEqual([
      'applied',
      'applied',
      'applied',
      'StatementRefused',
      'applied',
      'applied',
      'applied',
    ])
    expect(memory.tenant(scope.tenant).entries.map(({ change }) => change.key)).toEqual(
      ids.filter(id => id !== 'bad').map(id => `film_${id}`),
    )
  })

  test('when the outcome is unknown nothing is tried again', async () => {
    let batches = 0
    const { commit } = setUp(storage => ({
      ...storage,
      batch: async (...args) => {
        batches++
        await storage.batch(...args)
        throw new Error('connection lost after COMMIT')
      },
    }))
    expect(await Promise.all([outcomeOf(commit(film('a'))), outcomeOf(commit(film('b')))])).toEqual([
      'Error',
      'Error',
    ])
    expect(batches).toBe(1)
  })

  test("a bug met by one mutation is its own caller's only", async () => {
    const { writer, scope, commit, memory } = setUp()
    const broken = [
      null as unknown as [],
      [
        { kind: 'update', entity: 'Film', id: 'film_a', fields: { reviews: null } } as unknown as ReturnType<
          typeof film
        >,
      ],
    ]
    const odd = broken.map(acts => outcomeOf(writer.commit({ scope, acts, mutationId: 'm' })))
    const results = await Promise.all([outcomeOf(commit(film('a'))), ...odd, outcomeOf(commit(film('b')))])
    expect(results).toEqual(['applied', 'TypeError', 'TypeError', 'applied'])
    expect(memory.tenant(scope.tenant).entries).toHaveLength(2)
  })

  test('bisecting keeps the order within a tenant and leaves alone who was locked elsewhere', async () => {
    const { writer, memory, scope, commit, host } = setUp(poisoned)
    const elsewhere = freshScope()
    let unlock = () => {}
    const held = memory.batch(
      [elsewhere.tenant],
      { wait: true },
      () => new Promise<void>(resolve => (unlock = resolve)),
    )
    const blocked = outcomeOf(writer.commit({ scope: elsewhere, acts: [film('a')] }))
    const like = () => update('Film', 'film_a', { likes: increment('1') })
    const steps = [[film('a')], [film('bad')], [like()], [like(), film('b')], [film('b')], [film('c')]]
    const results = await Promise.all(steps.map(acts => outcomeOf(commit(...acts))))
    expect(results).toEqual(['applied', 'StatementRefused', 'applied', 'applied', 'rejected', 'applied'])
    const keys = memory.tenant(scope.tenant).entries.map(({ change }) => change.key)
    expect(keys).toEqual(['film_a', 'film_a', 'film_a', 'film_b', 'film_c'])
    while (host.slept < 50) await host.breathe()
    unlock()
    await held
    expect(await blocked).toBe('applied')
  })

  test('who got no answer when a batch was halved is asked again, in order', async () => {
    let lost = 0
    const { memory, scope, commit } = setUp(storage => ({
      ...storage,
      batch: (tenants, options, work) => {
        const isolated = poisoned(storage)
        // The head row went missing under the halves: they hold nobody.
        if (!options.wait || ++lost > 1) return isolated.batch(tenants, options, work)
        return storage.batch([], options, work)
      },
    }))
    const ids = ['a', 'bad', 'b', 'c']
    const results = await Promise.all(ids.map(id => outcomeOf(commit(film(id)))))
    expect(results).toEqual(['applied', 'StatementRefused', 'applied', 'applied'])
    expect(memory.tenant(scope.tenant).entries.map(({ change }) => change.key)).toEqual([
      'film_a',
      'film_b',
      'film_c',
    ])
  })

  test('when the loop itself fails its callers are told, and the next one finds it running', async () => {
    const { host, commit } = setUp()
    const { breathe } = host
    host.breathe = () => Promise.reject(new RangeError('no timers'))
    expect(await Promise.all([outcomeOf(commit(film('a'))), outcomeOf(commit(film('b')))])).toEqual([
      'RangeError',
      'RangeError',
    ])
    host.breathe = breathe
    expect(await outcomeOf(commit(film('a')))).toBe('applied')
  })

  test('large mutations do not pile up in one batch', async () => {
    const { commit, commits } = setUp()
    const large = (name: string) => Array.from({ length: 400 }, (_, i) => film(`${name}${i}`))
    await Promise.all([commit(...large('a')), commit(...large('b')), commit(film('c'))])
    expect(commits.map(one => one.split('@')[1])).toEqual(['400', '800', '801'])
  })

  test('a tenant locked elsewhere does not hold up the others, and gets its turn', async () => {
    const { writer, memory, host, scope, commit } = setUp()
    let unlock = () => {}
    const held = memory.batch(
      [scope.tenant],
      { wait: true },
      () => new Promise<void>(resolve => (unlock = resolve)),
    )
    const blocked = commit(film('a'))
    const free = await writer.commit({ scope: freshScope(), acts: [film('b')] })
    expect(free.verdict.status).toBe('applied')
    while (host.slept < 50) await host.breathe()
    unlock()
    await held
    expect((await blocked).verdict.status).toBe('applied')
  })

  test('when all places are taken callers wait for one, and when too many wait the next is told when to come again', async () => {
    const limits = { places: 2, waiting: 2, bytes: 1_000_000, patience: 1_000 }
    const { commit, memory, scope } = setUp(storage => storage, limits)
    const asked = ['a', 'b', 'c', 'd', 'e'].map(id => commit(film(id)))
    const results = await Promise.all(asked.map(outcomeOf))
    expect(results).toEqual(['applied', 'applied', 'applied', 'applied', 'OVERLOADED'])
    const [refusal] = (await Promise.allSettled(asked)).flatMap(one =>
      one.status === 'rejected' ? one.reason : [],
    )
    expect(refusal.retryAfter).toBeGreaterThan(0)
    expect(memory.tenant(scope.tenant).entries.map(({ change }) => change.key)).toEqual(
      ['a', 'b', 'c', 'd'].map(id => `film_${id}`),
    )
  })

  test.each([
    ['a deadlock', 'contention', 3, ['applied', 'applied'], 4],
    ['a deadlock that does not pass', 'contention', 99, ['OVERLOADED', 'OVERLOADED'], 5],
    ['a full disk', 'server', 99, ['OVERLOADED', 'OVERLOADED'], 1],
  ] as const)(
    '%s is nobody\u0027s fault: the batch is not halved',
    async (_, blame, times, expected, tries) => {
      let batches = 0
      const { commit } = setUp(storage => ({
        ...storage,
        batch: async (...args) => {
          if (++batches <= times) throw new StatementRefused(new Error('no'), blame)
          return storage.batch(...args)
        },
      }))
      expect(await Promise.all(['a', 'b'].map(id => outcomeOf(commit(film(id)))))).toEqual(expected)
      expect(batches).toBe(tries)
    },
  )

  test('close answers what was queued and takes no more', async () => {
    const { commit, writer } = setUp()
    const queued = outcomeOf(commit(film('a')))
    const closing = writer.close()
    expect(await outcomeOf(commit(film('b')))).toBe('CLOSED')
    await closing
    expect(await queued).toBe('applied')
  })
})
