import { film, freshScope, increment, update } from '@zg/core/ports/ports.suite'
import { describe, expect, test } from 'vitest'
import { outcomeOf, setUp } from './writer.fixture.ts'

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

  test('a large batch is judged and saved in small parts while a small one is under way', async () => {
    const parts: number[] = []
    let release = (): void => {}
    const quiet = freshScope()
    const { writer, commit } = setUp(storage => ({
      ...storage,
      lanes: 2,
      batch: (tenants, options, work) =>
        storage.batch(tenants, options, async batch => {
          if (tenants.includes(quiet.tenant)) await new Promise<void>(resolve => (release = resolve))
          return work({
            ...batch,
            save: async (tenant, writes) => {
              parts.push(writes.entries.length)
              await batch.save(tenant, writes)
            },
          })
        }),
    }))
    const small = writer.commit({ scope: quiet, acts: [film('a')] })
    const large = await Promise.all(Array.from({ length: 40 }, (_, i) => outcomeOf(commit(film(`${i}`)))))
    expect(large).toEqual(large.map(() => 'applied'))
    expect(parts).toEqual([16, 16, 8])
    release()
    expect((await small).verdict.status).toBe('applied')
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

  test('nothing is sent behind a large batch while a small one is under way', async () => {
    const behind: string[] = []
    let release = (): void => {}
    const quiet = freshScope()
    const { writer, commit, host } = setUp(storage => ({
      ...storage,
      lanes: 2,
      batch: async (tenants, options, work) => {
        if (tenants.includes(quiet.tenant)) await new Promise<void>(resolve => (release = resolve))
        if (options.behind) behind.push(...tenants)
        options.onSent?.()
        // Time enough for another one to be begun.
        for (let turn = 0; turn < 10; turn++) await host.breathe()
        await options.behind
        return storage.batch(tenants, options, work)
      },
    }))
    const flood = () => Promise.all(Array.from({ length: 300 }, (_, i) => commit(film(`${i}`))))
    const small = writer.commit({ scope: quiet, acts: [film('a')] })
    await flood()
    expect(behind).toEqual([])
    release()
    await small
    await flood()
    expect(behind.length).toBeGreaterThan(0)
  })

  test('batches behind each other make a pause from time to time', async () => {
    const begun: string[] = []
    const { commit } = setUp(
      storage => ({
        ...storage,
        batch: async (tenants, options, work) => {
          begun.push(options.behind ? 'behind' : 'first')
          options.onSent?.()
          for (let turn = 0; turn < 10; turn++) await new Promise(resolve => setImmediate(resolve))
          await options.behind
          return storage.batch(tenants, options, work)
        },
      }),
      undefined,
      { small: 0, worth: 1, most: 1, row: 3 },
    )
    await Promise.all(Array.from({ length: 8 }, (_, i) => commit(film(`${i}`))))
    expect(begun.join(' ')).toBe('first behind behind first behind behind first behind')
  })

  test('who stands behind somebody that was left out is not done before him', async () => {
    const begun: (readonly string[])[] = []
    const SIZES = { small: 0, worth: 1, most: 2, row: 9 }
    const { commit, memory, scope } = setUp(
      storage => ({
        ...storage,
        batch: async (tenants, options, work) => {
          const first = begun.push([...tenants, ...(options.behind ? ['behind'] : [])]) === 1
          if (!first) {
            await options.behind
            return storage.batch(tenants, options, work)
          }
          options.onSent?.()
          // Until the other one is begun; and then somebody else holds the lock.
          while (begun.length < 2) await new Promise(resolve => setImmediate(resolve))
          return storage.batch([], options, work)
        },
      }),
      undefined,
      SIZES,
    )
    const outcomes = await Promise.all(['a', 'b', 'c', 'd', 'e'].map(id => outcomeOf(commit(film(id)))))
    expect(outcomes).toEqual(outcomes.map(() => 'applied'))
    expect(begun.slice(0, 2)).toEqual([[scope.tenant], [scope.tenant, 'behind']])
    const made = memory.tenant(scope.tenant).entries.map(({ change }) => change.key)
    expect(made).toEqual(['film_a', 'film_b', 'film_c', 'film_d', 'film_e'])
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
