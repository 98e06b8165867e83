import type { Act } from '@zg/core/act/act'
import { create, desk, film, films, freshScope, increment, set, update } from '@zg/core/ports/ports.suite'
import { ProblemError } from '@zg/core/problem'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { describePg, freshDatabase, type Database as TestDatabase } from '../../scripts/testing/pg.ts'
import { type FaultyProxy, type Passing, startProxy } from '../../scripts/testing/proxy.ts'
import { openDatabase } from './database.ts'
import { guessedBatch } from './guess.ts'
import type { Database } from './session.ts'
import { sqlStorage } from './storage.ts'
import { openStore, type Store } from './store.ts'
import { layout } from './tables/layout.ts'

/** A database that tells what it is asked, and lets something happen before a statement that commits itself. */
function spied(database: Database) {
  const spy = { commits: 0, transactions: 0, queries: 0, meanwhile: async () => {} }
  const seen: Database = {
    ...database,
    query: (text, values) => {
      spy.queries++
      return database.query(text, values)
    },
    transaction: (mode, work) => {
      if (mode === 'write') spy.transactions++
      return database.transaction(mode, work)
    },
    line: () => {
      const line = database.line()
      let before: Promise<unknown> = Promise.resolve()
      return {
        commit: async (text, values) => {
          spy.commits++
          before = Promise.all([before, spy.meanwhile()])
          await before
          return line.commit(text, values)
        },
      }
    },
  }
  return { seen, spy }
}

/** Under an id that was made for it: there is nothing to look for. */
const made = (act: Act): Act => ({ ...(act as Act & { kind: 'create' }), generated: true })

/** Why a call failed that must fail. */
async function codeOf(call: () => unknown): Promise<string | undefined> {
  try {
    await call()
  } catch (error) {
    if (error instanceof ProblemError) return error.problems[0]?.code
    throw error
  }
  return undefined
}

describePg('a batch on guessed heads', () => {
  let server: TestDatabase
  let proxy: FaultyProxy
  let own: Database
  let rival: { readonly database: Database; readonly store: Store }
  let store: Store
  let spy: ReturnType<typeof spied>['spy']
  beforeAll(async () => {
    server = await freshDatabase()
    proxy = await startProxy(server.url)
    own = await openDatabase({ url: proxy.url, statementLimit: 3_000 })
    const { seen, spy: one } = spied(own)
    spy = one
    store = await openStore(seen, films.model)
    const database = await openDatabase({ url: server.url })
    rival = { database, store: await openStore(database, films.model) }
  })
  afterAll(async () => {
    await store.close()
    await own.close()
    await rival.store.close()
    await rival.database.close()
    await proxy.close()
    await server.drop()
  })
  beforeEach(() => {
    Object.assign(spy, { commits: 0, transactions: 0, queries: 0, meanwhile: async () => {} })
  })

  /** A tenant whose head this gateway has just seen. */
  const known = async () => {
    const scope = freshScope()
    const here = desk(store, scope)
    await here.apply(film('a', { likes: increment('1') }))
    const log = async () => {
      const rows = await rival.database.query<{ seq: string }>(
        'select seq from zg.log where tenant = $1 order by seq',
        [scope.tenant],
      )
      return rows.map(({ seq }) => Number(seq))
    }
    Object.assign(spy, { commits: 0, transactions: 0, queries: 0 })
    return { scope, here, there: desk(rival.store, scope), log }
  }

  /** The next statement that commits itself waits until so many have been sent. */
  const aheadOf = (commits: number) => async (): Promise<void> => {
    spy.meanwhile = async () => {}
    await vi.waitFor(() => expect(spy.commits).toBe(commits), { interval: 1, timeout: 5_000 })
  }

  test('rows under new ids cost one statement, changes of rows one more for each table and one for what is unseen', async () => {
    const { here } = await known()
    await here.apply({ ...create('Tag', 'tag_b', { name: set('b') }), generated: true } as ReturnType<
      typeof film
    >)
    expect(spy).toMatchObject({ commits: 1, transactions: 0, queries: 0 })
    await here.apply(update('Film', 'film_a', { year: set(7) }))
    expect(spy).toMatchObject({ commits: 2, transactions: 0, queries: 2 })
    expect(await here.row('Film', 'film_a')).toMatchObject({ year: 7, likes: '1' })
  })

  test('what needs the lock is done under it: deletes, edges, texts', async () => {
    const { here } = await known()
    await here.apply({ kind: 'delete', entity: 'Film', id: 'film_a' })
    expect(spy).toMatchObject({ commits: 0, transactions: 1 })
  })

  test('a row that waited unseen waits no more', async () => {
    const { scope, here } = await known()
    const at = '01HF7YAT00009G000000000007'
    const state = { born: null, dead: null, cells: { 2: { kind: 'register', at, value: 1990 } } }
    await rival.database.query(
      `insert into zg.waiting (tenant, entity, key, state) values ($1, 1, 'film_w', $2::text::jsonb)`,
      [scope.tenant, JSON.stringify(state)],
    )
    await here.apply(film('w'))
    expect(
      await rival.database.query('select key from zg.waiting where tenant = $1', [scope.tenant]),
    ).toEqual([])
  })

  test('what comes while a batch is on its way is sent behind it, and neither waits for it nor is judged twice', async () => {
    const { here, log } = await known()
    spy.meanwhile = aheadOf(2)
    const like = () => here.apply(update('Film', 'film_a', { likes: increment('1') }))
    await Promise.all(Array.from({ length: 300 }, like))
    expect(spy).toMatchObject({ transactions: 0 })
    expect(await here.row('Film', 'film_a')).toMatchObject({ likes: '301' })
    expect(await log()).toEqual(Array.from({ length: 301 }, (_, i) => i + 1))
  })

  test('a unique value that the batch ahead takes is taken, and what it frees is free', async () => {
    const { scope, here, log } = await known()
    const poster = (id: string, of: string) =>
      create('Poster', `poster_${id}`, { film: set(`film_${of}`), url: set('u') })
    await here.apply(film('b'))
    await here.apply(film('c'))
    await here.apply(poster('b', 'b'))
    Object.assign(spy, { commits: 0 })
    spy.meanwhile = aheadOf(2)
    const commit = (act: Act) => store.writer.commit({ scope, acts: [act] })
    const outcomes = await Promise.all([
      commit(update('Poster', 'poster_b', { film: set('film_a') })),
      ...Array.from({ length: 300 }, (_, i) => commit(poster(`${i}`, 'c'))),
      commit(poster('again', 'b')),
    ])
    const applied = outcomes.flatMap(({ verdict }, i) => (verdict.status === 'applied' ? [i] : []))
    expect(applied).toEqual([0, 1, 301])
    expect(await log()).toEqual([1, 2, 3, 4, 5, 6, 7])
    expect(spy).toMatchObject({ transactions: 0 })
  })

  test('a refusal for what the batch ahead would have done is none if that comes to nothing', async () => {
    const { scope, here, there, log } = await known()
    await here.apply(film('c'))
    Object.assign(spy, { queries: 0 })
    spy.meanwhile = async () => {
      spy.meanwhile = async () => {}
      const own = spy.queries
      await vi.waitFor(() => expect(spy.queries).toBe(2 * own), { interval: 1, timeout: 5_000 })
      // As many entries as the batch ahead would have written.
      await there.apply({ kind: 'delete', entity: 'Film', id: 'film_c' })
    }
    const poster = (i: number) => create('Poster', `poster_${i}`, { film: set('film_c'), url: set('u') })
    const outcomes = await Promise.all(
      Array.from({ length: 300 }, (_, i) => store.writer.commit({ scope, acts: [poster(i)] })),
    )
    const codes = outcomes.map(({ verdict }) => verdict.problems.map(({ code }) => code).join())
    expect(new Set(codes)).toEqual(new Set(['REF_GONE']))
    expect(await log()).toEqual([1, 2, 3])
  })

  test('what another gateway has written meanwhile is built upon, and then the lock is taken for a while', async () => {
    const { here, there, log } = await known()
    const more = () => update('Film', 'film_a', { likes: increment('1') })
    spy.meanwhile = async () => void (await there.apply(more()))
    await here.apply(more())
    expect(spy).toMatchObject({ commits: 1, transactions: 1 })
    expect(await here.row('Film', 'film_a')).toMatchObject({ likes: '3' })
    await here.apply(more())
    expect(spy).toMatchObject({ commits: 1, transactions: 2 })
    expect(await log()).toEqual([1, 2, 3, 4])
  })

  test('a unique value that another gateway has taken meanwhile is taken', async () => {
    const { scope, there, log } = await known()
    const poster = (id: string) => create('Poster', `poster_${id}`, { film: set('film_a'), url: set('u') })
    spy.meanwhile = async () => void (await there.apply(poster('there')))
    const { verdict } = await store.writer.commit({ scope, acts: [poster('here')] })
    expect(verdict.problems.map(({ code }) => code)).toEqual(['UNIQUE_TAKEN'])
    expect(await log()).toEqual([1, 2])
  })

  test('a refusal names a place in the log at which it is true', async () => {
    const { scope, here, there, log } = await known()
    const poster = (id: string) => create('Poster', `poster_${id}`, { film: set('film_a'), url: set('u') })
    await there.apply(poster('there'))
    const { verdict, position } = await store.writer.commit({ scope, acts: [poster('here')] })
    expect(verdict.problems.map(({ code }) => code)).toEqual(['UNIQUE_TAKEN'])
    expect(position.seqs[scope.tenant]).toBe(2)
    expect(spy).toMatchObject({ commits: 0, transactions: 1 })
    expect(await here.codes(update('Film', 'film_none', { year: set(1) }))).toEqual(['NOT_FOUND'])
    expect(await log()).toEqual([1, 2])
  })

  test('what writes nothing has read the clock of the database all the same', async () => {
    const { scope } = await known()
    const storage = await sqlStorage(own, films)
    const heads = await storage.heads([scope.tenant])
    const parts = { database: own, layout: layout(films.model), heads, now: 0, first: [] }
    const alone = { before: null, onSent: () => {} }
    const done = await guessedBatch({ ...parts, ...alone }, async () => 'refused')
    expect(done).toMatchObject({ kind: 'committed', value: 'refused' })
    expect(done.kind === 'committed' && done.now).toBeGreaterThan(Date.parse('2026-01-01'))
  })

  test('of the same mutation sent to two gateways at once one has an effect', async () => {
    const { scope, there, log } = await known()
    const like = { scope, acts: [update('Film', 'film_a', { likes: increment('1') })], mutationId: 'once' }
    let first: unknown
    spy.meanwhile = async () => {
      first = await rival.store.writer.commit(like)
    }
    expect(await store.writer.commit(like)).toEqual(first)
    expect(await there.row('Film', 'film_a')).toMatchObject({ likes: '2' })
    expect(await log()).toEqual([1, 2])
  })

  test('a refusal that another gateway has kept meanwhile stands', async () => {
    const { scope, there, log } = await known()
    const late = { scope, acts: [update('Film', 'film_b', { year: set(1) })], mutationId: 'late' }
    spy.meanwhile = async () => {
      spy.meanwhile = async () => {}
      expect((await rival.store.writer.commit(late)).verdict.status).toBe('rejected')
      await there.apply(film('b'))
    }
    expect((await store.writer.commit(late)).verdict.problems.map(({ code }) => code)).toEqual(['NOT_FOUND'])
    expect(await log()).toEqual([1, 2])
  })

  test('heads that another gateway holds keep nobody else waiting, and are built upon as they are left', async () => {
    const held = [await known(), await known(), await known()]
    let release = (): void => {}
    const released = new Promise<void>(resolve => (release = resolve))
    let locked = (): void => {}
    const holds = new Promise<void>(resolve => (locked = resolve))
    const holding = rival.database.transaction('write', async session => {
      const tenants = held.map(({ scope }) => scope.tenant)
      await session.query('select 1 from zg.head where tenant = any($1::text[]) for update', [tenants])
      locked()
      await released
    })
    await holds
    const asked: Promise<unknown>[] = []
    try {
      for (const { here } of held) {
        asked.push(here.apply(made(film('b'))))
        // One by one, so that each has a lane of its own.
        await vi.waitFor(() => expect(spy.commits).toBe(asked.length), { interval: 1 })
      }
      const other = desk(store, freshScope())
      for (let i = 0; i < 5; i++) await other.apply(made(film(`o${i}`)))
      for (const { log } of held) expect(await log()).toEqual([1])
    } finally {
      release()
      await Promise.allSettled([holding, ...asked])
    }
    await Promise.all(asked)
    for (const { log } of held) expect(await log()).toEqual([1, 2])
  })

  const statement = ({ from, text }: Passing) => from === 'client' && /^with held/.test(text ?? '')
  /** What the server says is done on the connection that has sent the statement. */
  const answer = () => {
    let link: Passing['link'] | undefined
    return (passing: Passing) => {
      if (statement(passing)) link = passing.link
      return passing.from === 'server' && passing.text !== null && passing.link === link
    }
  }

  test.each([
    ['before it arrives', () => statement, []],
    ['after it is done', answer, [2]],
  ] as const)(
    'a connection lost %s leaves the outcome open, and a retry settles it',
    async (_, which, done) => {
      for (let i = 0; i < 5; i++) {
        const { scope, here, log } = await known()
        const like = { scope, acts: [update('Film', 'film_a', { likes: increment('1') })], mutationId: 'm' }
        const lost = proxy.meet(which(), link => link.reset())
        const answered = codeOf(() => store.writer.commit(like))
        await lost
        expect(await answered).toBe('OUTCOME_UNKNOWN')
        expect(await log()).toEqual([1, ...done])
        expect((await store.writer.commit(like)).verdict.status).toBe('applied')
        expect(await here.row('Film', 'film_a')).toMatchObject({ likes: '2' })
        expect(await log()).toEqual([1, 2])
      }
    },
  )

  test.each([0, 1, 2, 4, 8, 16])(
    'a connection lost %i turns after two batches were sent leaves nothing that is done twice, or half',
    async turns => {
      const { scope, here, log } = await known()
      const like = (i: number) => ({
        scope,
        acts: [update('Film', 'film_a', { likes: increment('1') })],
        mutationId: `like ${i}`,
      })
      let cutting = Promise.resolve()
      const cut = async () => {
        for (let turn = turns; turn > 0; turn--) await new Promise(resolve => setImmediate(resolve))
        for (const link of proxy.links) link.reset()
      }
      spy.meanwhile = async () => {
        if (spy.commits === 2) cutting = cut()
      }
      const asked = Array.from({ length: 300 }, (_, i) => like(i))
      const codes = await Promise.all(asked.map(one => codeOf(() => store.writer.commit(one))))
      await cutting
      const done = (await log()).length - 1
      const told = codes.filter(code => code === undefined).length
      expect(told).toBeLessThanOrEqual(done)
      expect([undefined, 'OUTCOME_UNKNOWN', 'UNAVAILABLE']).toEqual(
        expect.arrayContaining([...new Set(codes)]),
      )
      // Whoever was told nothing asks again, under the same id.
      for (const one of asked) while (await codeOf(() => store.writer.commit(one)));
      expect(await here.row('Film', 'film_a')).toMatchObject({ likes: '301' })
      expect(await log()).toEqual(Array.from({ length: 301 }, (_, i) => i + 1))
    },
  )

  test('where nobody can be asked nothing is written, and that is said', async () => {
    const { scope, log } = await known()
    const lone = await openDatabase({ url: proxy.url })
    const { seen } = spied(lone)
    const late = await openStore(seen, films.model)
    await late.writer.commit({ scope, acts: [film('b')] })
    proxy.refusing = true
    for (const link of proxy.links) link.reset()
    const codes = []
    for (let i = 0; i < 3; i++)
      codes.push(await codeOf(() => late.writer.commit({ scope, acts: [made(film('c'))] })))
    proxy.refusing = false
    expect(codes).toEqual(['UNAVAILABLE', 'UNAVAILABLE', 'UNAVAILABLE'])
    expect(await log()).toEqual([1, 2])
    await late.close()
    await lone.close()
  })
})
