import postgres from 'postgres'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type Cluster, startCluster } from '../../../scripts/testing/cluster.ts'
import { describePg } from '../../../scripts/testing/pg.ts'
import { BOUND, type Fleet, READS_LOG, startFleet, TIMES } from './fleet.fixture.ts'
import { codeOf, type Load } from './load.fixture.ts'

/** How often each fault is done, one after the other under load. */
const TRIALS = 2 * TIMES

/** Which of the gateways' sessions, by what they do or did last. */
const WRITER =
  /^(begin isolation level read committed|with held|insert into zg.log|update zg.head|select tenant, seq, hlc)/
const READER = new RegExp(`${READS_LOG.source}|^select seq from zg.head`)
const LISTENER = /^listen/

// A machine that is busy otherwise takes its time.
vi.setConfig({ testTimeout: 120_000 })

describePg('a server that fails', () => {
  let cluster: Cluster
  let fleet: Fleet
  let admin: postgres.Sql
  const connect = () =>
    postgres(cluster.url, { max: 1, onnotice: () => {}, connection: { application_name: 'admin' } })
  beforeAll(async () => {
    // Its own: it is going to be killed. It waits for the disk, as those do that must not lose anything.
    cluster = await startCluster({ durable: true })
    admin = connect()
    // As in production: limits do not hold for superusers.
    await admin`create role gateway login password 'secret'`
    await admin`grant create on schema public to gateway`
    await admin`grant create on database postgres to gateway`
    const url = new URL(cluster.url)
    url.username = 'gateway'
    url.password = 'secret'
    fleet = await startFleet(url.href)
  })
  afterAll(async () => {
    await admin.end()
    await fleet.close()
    await cluster.stop()
  })

  const sessions = async (which: RegExp) => {
    const all = await admin<{ pid: number; query: string }[]>`
      select pid, query from pg_stat_activity where application_name = 'zg'`
    return all.filter(({ query }) => which.test(query)).map(({ pid }) => pid)
  }
  /** Until there was one to terminate. */
  const terminate = async (which: RegExp): Promise<void> => {
    for (let ended = 0; ended === 0; ) {
      for (const pid of await sessions(which)) {
        const [done] = await admin<{ done: boolean }[]>`select pg_terminate_backend(${pid}) as done`
        if (done?.done) ended++
      }
    }
  }

  test.each([
    ['writer', WRITER],
    ['reader', READER],
    ['listener', LISTENER],
    ['every session', /./],
  ])('pg_terminate_backend: %s', async (_, which) => {
    const { longest } = await fleet.suffer(TRIALS, () => terminate(which))
    expect(longest).toBeLessThan(BOUND)
  })

  test('gateways listen again when their listening was ended', async () => {
    const heard: string[] = []
    let wake = () => {}
    const stop = await fleet.databases[0].listen('zg_test', payload => {
      heard.push(payload)
      wake()
    })
    await terminate(LISTENER)
    // Lost as long as it is deaf, heard in the end.
    for (let n = 0; heard.length === 0; n++) {
      const said = new Promise<void>(resolve => {
        wake = resolve
      })
      await admin.notify('zg_test', `call ${n}`)
      await Promise.race([said, sessions(LISTENER)])
    }
    await stop()
  })

  test('kill -9 of the postmaster, and a start after it', async () => {
    const { told, longest } = await fleet.suffer(TRIALS, async load => {
      await cluster.kill()
      await load.hears('UNAVAILABLE')
      expect(await fleet.stores[0].ready().catch(() => false)).toBe(false)
      await cluster.restart()
    })
    expect(told.get('UNAVAILABLE')).toBeGreaterThan(0)
    expect(longest).toBeLessThan(BOUND)
    expect(await fleet.stores[0].ready()).toBe(true)
  })

  /** Keeps the tenant's lock from both gateways while it works. */
  const locking = async (load: Load, work: () => Promise<void>): Promise<void> => {
    await admin`begin`
    await admin`select seq from zg.head where tenant = ${load.scope.tenant} for update`
    await work()
    await admin`rollback`
  }

  test('statement_timeout: who waits for a lock too long is told to come again', async () => {
    const { told } = await fleet.suffer(TRIALS, load => locking(load, () => load.hears('OVERLOADED')))
    expect(told.get('OVERLOADED')).toBeGreaterThan(0)
  })

  test('a pool that is exhausted: every reader is answered or told, writers go on, and then it serves again', async () => {
    const { stores, databases } = fleet
    await fleet.suffer(TRIALS, async load => {
      // The pause is no signal: it is how long each keeps a connection, so that the last have waited too long.
      const reading = Array.from({ length: 400 }, () =>
        databases[0]
          .transaction('snapshot', session => session.query('select pg_sleep(0.05)'))
          .then(() => 'served', codeOf),
      )
      await stores[0].writer.commit({ scope: load.scope, acts: [] })
      const codes = new Set(await Promise.all(reading))
      expect([...codes]).toEqual(expect.arrayContaining(['served', 'OVERLOADED']))
      // On a machine that is busy otherwise, a snapshot may reach its limit.
      expect([...codes, 'SnapshotExpired']).toHaveLength(codes.has('SnapshotExpired') ? 4 : 3)
      expect(await stores[0].ready()).toBe(true)
    })
  })

  test('a server that lets nobody in any more', async () => {
    const { told } = await fleet.suffer(TRIALS, async load => {
      await admin`alter role gateway connection limit 0`
      await terminate(/./)
      await load.hears('UNAVAILABLE')
      await admin`alter role gateway connection limit -1`
    })
    expect(told.get('UNAVAILABLE')).toBeGreaterThan(0)
  })
})
