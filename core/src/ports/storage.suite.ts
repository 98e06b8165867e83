import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Address, ClaimKey } from '../act/needs.ts'
import { type Instance, NOTHING } from '../change/instance.ts'
import {
  append,
  appendIn,
  appendParts,
  change,
  create,
  FILM,
  film,
  freshTenant,
  hlc,
  instance,
  link,
  load,
  NO_NEEDS,
  normal,
  PERSON,
  REVIEW,
  remove,
  set,
  tag,
  tagging,
  unlink,
} from './appending.suite.ts'
import type { Storage, VerdictKey, Writes } from './storage.ts'
import { storageLogSuite } from './storageLog.suite.ts'

export interface StorageUnderTest {
  readonly storage: Storage
  /**
   * Whether two batches can be open at once. On one connection (PGlite) they take turns, and a test in which one
   * waits inside for the other would wait for ever.
   */
  readonly overlapping: boolean
  close(): Promise<void>
}

/** The law of `core/ports/storage`, over `filmModel`. */
export function storageSuite(name: string, make: () => Promise<StorageUnderTest>): void {
  describe(`${name}: storage`, () => {
    let under: StorageUnderTest
    let storage: Storage
    beforeAll(async () => {
      under = await make()
      storage = under.storage
    })
    afterAll(async () => {
      await under?.close()
    })

    test('a tenant begins at 0, and its head moves with each batch', async () => {
      const tenant = freshTenant()
      expect((await storage.heads([tenant])).get(tenant)).toEqual({ seq: 0, hlc: null })
      await append(storage, tenant, [change(tenant, hlc(5), film('a'), create)])
      expect((await storage.heads([tenant])).get(tenant)).toEqual({ seq: 1, hlc: hlc(5) })
      await append(storage, tenant, [change(tenant, hlc(3), film('b'), create)])
      const seen = await storage.batch([tenant], { wait: true }, async ({ heads }) => heads.get(tenant))
      expect(seen).toEqual({ seq: 2, hlc: hlc(5) })
    })

    test('a batch that throws leaves nothing', async () => {
      const tenant = freshTenant()
      const key: ClaimKey = { index: '3.1', value: '"Acme"' }
      const failing = storage.batch([tenant], { wait: true }, async batch => {
        await appendIn(batch, tenant, [[change(tenant, hlc(1), film('a'), create)]], {
          claims: [{ ...key, id: 'x' }],
        })
        throw new Error('on purpose')
      })
      await expect(failing).rejects.toThrow('on purpose')
      expect((await storage.heads([tenant])).get(tenant)?.seq).toBe(0)
      expect(await load(storage, tenant, { instances: [film('a')], claims: [key] })).toMatchObject({
        instances: [NOTHING],
        claims: [null],
      })
      expect((await storage.entries(tenant, 0, 10)).entries).toEqual([])
    })

    test('batches of one tenant serialise: no number is given twice, none is left out', async () => {
      const [one, two] = [freshTenant(), freshTenant()]
      const batches = Array.from({ length: 24 }, (_, i) =>
        storage.batch(i % 2 ? [one, two] : [two, one], { wait: true }, async batch => {
          await appendIn(batch, one, [[change(one, hlc(i, 1), film('a'), create)]])
          await appendIn(batch, two, [[change(two, hlc(i, 2), film(`${i}`), create)]])
        }),
      )
      await Promise.all(batches)
      for (const tenant of [one, two]) {
        const { entries, head } = await storage.entries(tenant, 0, 100)
        expect(entries.map(({ seq }) => seq)).toEqual(Array.from({ length: 24 }, (_, i) => i + 1))
        expect(head).toBe(24)
      }
      // The smallest create is the row's birth, whoever came first: each batch saw what those before it left.
      expect((await instance(storage, one, film('a')))?.born).toBe(hlc(0, 1))
    })

    test('tenants locked elsewhere are left out unless one waits for them', async context => {
      if (!under.overlapping) return context.skip('one connection: batches take turns')
      const [held, free] = [freshTenant(), freshTenant()]
      await storage.batch([held], { wait: true }, async () => {
        const got = await storage.batch([held, free], { wait: false }, async ({ heads }) => [...heads.keys()])
        expect(got).toEqual([free])
      })
      const got = await storage.batch([held, free], { wait: false }, async ({ heads }) => [...heads.keys()])
      expect(got.sort()).toEqual([held, free].sort())
    })

    test('answers come in the order asked, also for what is unknown or asked twice', async () => {
      const tenant = freshTenant()
      await append(storage, tenant, [
        change(tenant, hlc(1), film('a'), create, set(1, 'A')),
        change(tenant, hlc(2), tag('x'), create),
        change(tenant, hlc(3), tagging('a', 'x'), link),
      ])
      const asked = [
        tag('x'),
        film('none'),
        tagging('a', 'x'),
        film('a'),
        { entity: 99, key: 'alien_1' },
        film('a'),
      ]
      const { instances } = await load(storage, tenant, { instances: asked })
      expect(instances).toHaveLength(asked.length)
      expect(instances[0]?.born).toBe(hlc(2))
      expect(instances[1]).toEqual(NOTHING)
      expect(instances[2]?.cells[0]).toEqual({ kind: 'edge', tags: { [hlc(3)]: 1 } })
      expect(instances[3]?.cells[1]).toEqual({ kind: 'register', at: hlc(1), value: 'A' })
      expect(instances[4]).toEqual(NOTHING)
      expect(instances[5]).toEqual(instances[3])
    })

    test('tenants of one batch stay apart, asked with the lock or later, saved in one part or in several', async () => {
      const [one, two] = [freshTenant(), freshTenant()]
      await append(storage, two, [change(two, hlc(1), film('a'), create, set(1, 'two'))])
      const asked = (addresses: readonly Address[]) => ({ ...NO_NEEDS, instances: addresses })
      const needs = new Map([
        [one, asked([film('a'), tag('x')])],
        [two, asked([tag('x'), film('a')])],
      ])
      await storage.batch([one, two], { wait: true, needs }, async batch => {
        const titles = [one, two].map(async tenant => {
          const [early, late] = [needs.get(tenant) ?? NO_NEEDS, asked([film('a')])]
          const { instances } = await batch.load(tenant, early)
          expect((await batch.load(tenant, late)).instances).toEqual(
            instances.filter((_, i) => early.instances[i]?.entity === FILM),
          )
          return instances.map(({ cells }) => cells[1])
        })
        const title = { kind: 'register', at: hlc(1), value: 'two' }
        expect(await Promise.all(titles)).toEqual([
          [undefined, undefined],
          [undefined, title],
        ])
        await appendIn(batch, one, [[change(one, hlc(2), film('a'), create)]])
        await appendIn(batch, two, [[change(two, hlc(3), film('a'), set(1, 'new'))]])
      })
      await appendParts(
        storage,
        one,
        [change(one, hlc(4), film('a'), set(1, 'one'))],
        [change(one, hlc(5), film('a'), set(1, 'again'))],
      )
      const found = await Promise.all([one, two].map(tenant => instance(storage, tenant, film('a'))))
      expect(found.map(film => film?.cells[1])).toEqual([
        { kind: 'register', at: hlc(5), value: 'again' },
        { kind: 'register', at: hlc(3), value: 'new' },
      ])
      expect(await storage.heads([one, two])).toEqual(
        new Map([
          [one, { seq: 3, hlc: hlc(5) }],
          [two, { seq: 2, hlc: hlc(3) }],
        ]),
      )
    })

    test('a dead row comes as its tombstone, for ever', async () => {
      const tenant = freshTenant()
      await append(storage, tenant, [change(tenant, hlc(1), film('a'), create, set(1, 'A'))])
      await append(storage, tenant, [change(tenant, hlc(2), film('a'), remove)])
      const grave: Instance = { born: null, dead: hlc(2), cells: {} }
      expect(await instance(storage, tenant, film('a'))).toEqual(grave)
      await append(storage, tenant, [change(tenant, hlc(9), film('a'), create, set(1, 'again'))])
      expect(await instance(storage, tenant, film('a'))).toEqual(grave)
      expect(await instance(storage, freshTenant(), film('a'))).toEqual(NOTHING)
    })

    test('ops that come before their create wait, and show once it is there', async () => {
      const tenant = freshTenant()
      await append(storage, tenant, [change(tenant, hlc(2), film('a'), set(1, 'early'))])
      const hidden = await instance(storage, tenant, film('a'))
      expect(hidden).toEqual({
        born: null,
        dead: null,
        cells: { 1: { kind: 'register', at: hlc(2), value: 'early' } },
      })
      await append(storage, tenant, [change(tenant, hlc(1), film('a'), create)])
      expect(await instance(storage, tenant, film('a'))).toEqual({ ...hidden, born: hlc(1) })
    })

    test('a remove that comes before its add waits for it', async () => {
      const tenant = freshTenant()
      const edge = tagging('a', 'x')
      await append(storage, tenant, [change(tenant, hlc(2), edge, unlink(hlc(1)))])
      expect((await instance(storage, tenant, edge))?.cells[0]).toEqual({
        kind: 'edge',
        tags: { [hlc(1)]: -1 },
      })
      await append(storage, tenant, [change(tenant, hlc(1), edge, link)])
      expect(normal(await instance(storage, tenant, edge))).toEqual(NOTHING)
      await append(storage, tenant, [change(tenant, hlc(3), edge, link)])
      expect((await instance(storage, tenant, edge))?.cells[0]).toEqual({
        kind: 'edge',
        tags: { [hlc(3)]: 1 },
      })
    })

    test('fields and entities this schema does not know are kept', async () => {
      const tenant = freshTenant()
      const alien: Address = { entity: 77, key: 'alien_1' }
      await append(storage, tenant, [
        change(tenant, hlc(1), film('a'), create, set(99, { deep: [1, null] }), set(2, 'not a number')),
        change(tenant, hlc(2), alien, create, set(1, 'hello')),
      ])
      expect(await instance(storage, tenant, film('a'))).toEqual({
        born: hlc(1),
        dead: null,
        cells: {
          2: { kind: 'register', at: hlc(1), value: 'not a number' },
          99: { kind: 'register', at: hlc(1), value: { deep: [1, null] } },
        },
      })
      expect((await instance(storage, tenant, alien))?.cells[1]).toMatchObject({ value: 'hello' })
    })

    test('inbound references are those of living rows, per target', async () => {
      const tenant = freshTenant()
      const other = freshTenant()
      const person: Address = { entity: PERSON, key: 'person_p' }
      const review = (id: string): Address => ({ entity: REVIEW, key: `review_${id}` })
      await append(storage, tenant, [
        change(tenant, hlc(1), person, create),
        change(tenant, hlc(2), film('b'), create, set(11, 'person_p')),
        change(tenant, hlc(3), film('a'), create, set(11, 'person_p')),
        change(tenant, hlc(4), film('c'), create, set(11, 'person_p')),
        change(tenant, hlc(5), review('r'), create, set(1, 'film_a')),
      ])
      await append(storage, tenant, [change(tenant, hlc(6), film('c'), remove)])
      await append(storage, tenant, [change(tenant, hlc(7), film('b'), set(11, null))])
      await append(storage, other, [change(other, hlc(8), film('z'), create, set(11, 'person_p'))])
      const { inbound } = await load(storage, tenant, { inbound: [film('a'), person, film('none')] })
      expect(inbound).toEqual([
        [{ entity: REVIEW, key: 'review_r', field: 1 }],
        [{ entity: FILM, key: 'film_a', field: 11 }],
        [],
      ])
    })

    test('claims are taken, handed over and released', async () => {
      const tenant = freshTenant()
      const [one, two]: ClaimKey[] = [
        { index: '3.1', value: '"Acme"' },
        { index: '7.1', value: '"Acme"' },
      ]
      if (!one || !two) throw new Error('unreachable')
      const claim = (...claims: Writes['claims']) =>
        storage.batch([tenant], { wait: true }, batch => appendIn(batch, tenant, [], { claims }))
      const holders = async () => (await load(storage, tenant, { claims: [two, one] })).claims
      expect(await holders()).toEqual([null, null])
      await claim({ ...one, id: 'studio_1' }, { ...two, id: 'poster_1' })
      expect(await holders()).toEqual(['poster_1', 'studio_1'])
      await claim({ ...one, id: 'studio_2' }, { ...two, id: null })
      expect(await holders()).toEqual([null, 'studio_2'])
      expect((await load(storage, freshTenant(), { claims: [one] })).claims).toEqual([null])
    })

    test('a batch knows what time it is, by the clock of the database', async () => {
      const now = await storage.batch([freshTenant()], { wait: true }, async batch => batch.now)
      expect(Math.abs(now - Date.now())).toBeLessThan(60_000)
    })

    test('verdicts come back as they were stored', async () => {
      const tenant = freshTenant()
      const key: VerdictKey = { by: 'did:x', client: 'c|1', n: 4_000_000_000 }
      const problems = [{ code: 'TAKEN', path: ['0', 'naïve'], message: 'Somebody “has” it' }]
      const stored = {
        bodyHash: 'b0',
        verdict: { status: 'rejected' as const, problems },
        ids: ['film_a'],
        seq: 3,
      }
      await storage.batch([tenant], { wait: true }, batch =>
        appendIn(batch, tenant, [], { verdicts: [{ ...key, ...stored, at: 1_700_000_000_123 }] }),
      )
      const asked = [{ ...key, n: 1 }, key, { ...key, by: 'did:y' }]
      expect((await load(storage, tenant, { verdicts: asked })).verdicts).toEqual([null, stored, null])
    })

    test('the oldest verdicts go first, of the clients named only, and no more than asked', async () => {
      const tenant = freshTenant()
      const keys = ['id:a', 'id:b', 'id:c', 'client', 'id:d'].map(
        (client): VerdictKey => ({ by: 'did:x', client, n: 0 }),
      )
      const stored = {
        bodyHash: 'b0',
        verdict: { status: 'applied' as const, problems: [] },
        ids: [],
        seq: 0,
      }
      const times = [300, 100, 200, 50, 400]
      const verdicts = keys.map((key, i) => ({ ...key, ...stored, at: 1_700_000_000_000 + (times[i] ?? 0) }))
      const kept = async (expire: Writes['expire']) => {
        await storage.batch([tenant], { wait: true }, batch =>
          appendIn(batch, tenant, [], { verdicts: expire ? [] : verdicts, ...(expire ? { expire } : {}) }),
        )
        const found = (await load(storage, tenant, { verdicts: keys })).verdicts
        return keys.filter((_, i) => found[i]).map(({ client }) => client)
      }
      await kept(undefined)
      const before = 1_700_000_000_400
      expect(await kept({ clients: 'id:', before, limit: 2 })).toEqual(['id:a', 'client', 'id:d'])
      expect(await kept({ clients: 'id:', before, limit: 9 })).toEqual(['client', 'id:d'])
    })

    storageLogSuite(() => storage)
  })
}
