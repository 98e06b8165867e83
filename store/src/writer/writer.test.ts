import { createClock } from '@zg/core/change/clock'
import { memoryStorage } from '@zg/core/memory/storage'
import { type desk, film, films, freshScope, increment, update } from '@zg/core/ports/ports.suite'
import { StatementRefused, type Storage } from '@zg/core/ports/storage'
import type { Outcome } from '@zg/core/ports/writer'
import { describe, expect, test } from 'vitest'
import type { Host } from './host.ts'
import type { RoomLimits } from './room.ts'
import { createWriter, type WriterLoop } from './writer.ts'

/** A clock that moves only when somebody sleeps. */
function fakeHost(): Host & { slept: number } {
  const host = {
    slept: 0,
    now: () => 1_700_000_000_000 + host.slept,
    breathe: () => new Promise<void>(resolve => setImmediate(resolve)),
    sleep: async (ms: number) => {
      host.slept += ms
      await host.breathe()
    },
  }
  return host
}

function setUp(wrap: (storage: Storage) => Storage = storage => storage, room?: RoomLimits) {
  const host = fakeHost()
  const memory = memoryStorage({ catalog: films, log: 'test', now: host.now })
  const clock = createClock({ now: host.now, replica: 7n })
  const commits: string[] = []
  const onCommit = (tenant: string, seq: number) => void commits.push(`${tenant}@${seq}`)
  const limit = room ? { room } : {}
  const storage = wrap(memory)
  const writer = createWriter({ storage, catalog: films, schema: 'schema', clock, host, onCommit, ...limit })
  const scope = freshScope()
  const commit = (...acts: Parameters<ReturnType<typeof desk>['commit']>) => writer.commit({ scope, acts })
  return { host, memory, writer, scope, commit, commits }
}

const outcomeOf = async (promise: ReturnType<WriterLoop['commit']>): Promise<string> =>
  Promise.resolve(promise).then(
    ({ verdict }: Outcome) => verdict.status,
    (error: { name: string; problems?: { code: string }[] }) => error.problems?.[0]?.code ?? error.name,
  )

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

describe('parts and lanes', () => {
  test('a large batch is saved part by part and committed whole', async () => {
    const parts: number[] = []
    const { commit, commits, memory, scope } = setUp(storage => ({
      ...storage,
      lanes: 1,
      batch: (tenants, options, work) =>
        storage.batch(tenants, options, batch =>
          work({
            ...batch,
            save: async (tenant, writes) => {
              parts.push(writes.entries.length)
              await batch.save(tenant, writes)
            },
          }),
        ),
    }))
    const like = () => commit(update('Film', 'film_0', { likes: increment('1') }))
    const made = Array.from({ length: 150 }, (_, i) => commit(film(`${i}`)))
    await Promise.all([...made, like(), like()])
    expect(commits).toEqual([`${scope.tenant}@152`])
    expect(parts).toEqual([64, 64, 24])
    const { entries, instances, head } = memory.tenant(scope.tenant)
    expect(entries.map(({ seq }) => seq)).toEqual(Array.from({ length: 152 }, (_, i) => i + 1))
    expect(head).toEqual({ seq: 152, hlc: entries.at(-1)?.change.id })
    expect([...instances.values()].find(({ key }) => key === 'film_0')?.instance.cells).toMatchObject({
      9: { kind: 'counter', sum: '2' },
    })
  })

  test('who floods keeps one lane busy, and nobody of another tenant waits for it', async () => {
    let release: (() => void) | undefined
    const flood = freshScope()
    const { host, writer, commit } = setUp(storage => ({
      ...storage,
      lanes: 2,
      batch: async (tenants, options, work) => {
        if (tenants.includes(flood.tenant)) await new Promise<void>(resolve => (release = resolve))
        return storage.batch(tenants, options, work)
      },
    }))
    const flooding = writer.commit({ scope: flood, acts: [film('a')] })
    while (!release) await host.breathe()
    expect(await outcomeOf(commit(film('a')))).toBe('applied')
    expect(await outcomeOf(commit(film('b')))).toBe('applied')
    release()
    expect((await flooding).verdict.status).toBe('applied')
  })

  test('half of what waits is committed while the other half is still being answered', async () => {
    let answered = 0
    const begun: number[] = []
    const { commit, commits } = setUp(storage => ({
      ...storage,
      batch: (tenants, options, work) => {
        begun.push(answered)
        return storage.batch(tenants, options, work)
      },
    }))
    const ask = async (id: number) => {
      await commit(film(`${id}`))
      answered++
    }
    await Promise.all(Array.from({ length: 400 }, (_, id) => ask(id)))
    expect(answered).toBe(400)
    expect(commits[0]).toMatch(/@200$/)
    expect(begun[1]).toBeLessThan(200)
  })

  test('tenants that wait at the same time are shared out among the lanes that are free', async () => {
    const batches: (readonly string[])[] = []
    const { writer } = setUp(storage => ({
      ...storage,
      batch: (tenants, options, work) => {
        batches.push(tenants)
        return storage.batch(tenants, options, work)
      },
    }))
    const commit = (tenant: string, id: string) =>
      writer.commit({ scope: { ...freshScope(), tenant }, acts: [film(id)] })
    const flood = Array.from({ length: 50 }, (_, i) => commit('flood', `${i}`))
    await Promise.all([...flood, commit('quiet', 'a')])
    expect(batches).toEqual([['flood'], ['quiet']])
  })

  test.each(['acts', 'changes'])('nobody waits until a mutation of very many %s is judged', async kind => {
    const { writer, commit } = setUp()
    const [author, flood] = [setUp(), { ...freshScope(), tenant: 'flood' }]
    const acts = Array.from({ length: 1_000 }, (_, i) => film(`${i}`))
    await author.writer.push({ scope: flood, client: 'c', n: 1, base: null, work: { kind: 'acts', acts } })
    const changes = author.memory.tenant('flood').entries.map(({ change }) => change)
    const work = kind === 'acts' ? ({ kind: 'acts', acts } as const) : ({ kind: 'changes', changes } as const)
    const order: string[] = []
    const push = async () => {
      const answer = await writer.push({ scope: flood, client: 'c', n: 1, base: null, work })
      order.push(answer.kind === 'verdict' ? answer.outcome.verdict.status : answer.problem.code)
    }
    const large = push()
    await commit(film('a'))
    order.push('quiet')
    await large
    expect(order).toEqual(['quiet', 'applied'])
  })

  test('no tenant is in two batches at once', async () => {
    const under = new Map<string, number>()
    let most = 0
    const { writer, memory } = setUp(storage => ({
      ...storage,
      lanes: 3,
      batch: async (tenants, options, work) => {
        for (const tenant of tenants) {
          under.set(tenant, (under.get(tenant) ?? 0) + 1)
          most = Math.max(most, under.get(tenant) ?? 0)
        }
        await new Promise(resolve => setImmediate(resolve))
        try {
          return await storage.batch(tenants, options, work)
        } finally {
          for (const tenant of tenants) under.set(tenant, (under.get(tenant) ?? 0) - 1)
        }
      },
    }))
    const scopes = [freshScope(), freshScope(), freshScope(), freshScope()]
    const caller = async (_: unknown, i: number) => {
      for (let turn = 0; turn < 5; turn++) {
        const scope = scopes[i % scopes.length] ?? freshScope()
        await writer.commit({ scope, acts: [film(`${i}x${turn}`)] })
      }
    }
    await Promise.all(Array.from({ length: 20 }, caller))
    expect(most).toBe(1)
    expect(scopes.map(({ tenant }) => memory.tenant(tenant).head.seq)).toEqual([25, 25, 25, 25])
  })

  test('a tenant whose lock is never let go keeps nobody else waiting', async () => {
    const stuck = freshScope()
    const { writer, memory, host, commit } = setUp()
    let unlock = () => {}
    const held = memory.batch(
      [stuck.tenant],
      { wait: true },
      () => new Promise<void>(resolve => (unlock = resolve)),
    )
    const blocked = writer.commit({ scope: stuck, acts: [film('a')] })
    while (host.slept < 50) await host.breathe()
    // By now a batch of its own stands before the lock.
    for (let i = 0; i < 20; i++) expect(await outcomeOf(commit(film(`${i}`)))).toBe('applied')
    unlock()
    await held
    expect((await blocked).verdict.status).toBe('applied')
  })

  test('what is only refused is told to nobody but its caller', async () => {
    const { commit, commits } = setUp()
    expect(await outcomeOf(commit(update('Film', 'film_zz', { likes: increment('1') })))).toBe('rejected')
    expect(commits).toEqual([])
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
