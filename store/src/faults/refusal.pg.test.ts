import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { startCluster } from '../../../scripts/testing/cluster.ts'
import { describePg, freshDatabase, type Database as TestDatabase } from '../../../scripts/testing/pg.ts'
import { requireOrSkip } from '../../../scripts/testing/require.ts'
import { type Fleet, startFleet, TIMES } from './fleet.fixture.ts'

const TRIALS = 2 * TIMES

// A machine that is busy otherwise takes its time.
vi.setConfig({ testTimeout: 120_000 })

/** Fails the next writes of the log as many times as the sequence says, and so that a roll-back does not undo. */
const failing = (code: string) => `
  create or replace function zg_fault() returns trigger language plpgsql as $$
  begin
    if (select last_value from zg_faults) > 1 then
      perform setval('zg_faults', (select last_value - 1 from zg_faults));
      raise exception 'planted' using errcode = '${code}';
    end if;
    return null;
  end $$`

/** Waits until \`admin\` waits for this batch's lock, and then for admin: one of them must give way. */
const DEADLOCK = `
  create or replace function zg_fault() returns trigger language plpgsql as $$
  begin
    if exists (select from pg_locks where locktype = 'advisory' and objid = 7 and granted and pid <> pg_backend_pid()) then
      while not exists (select from pg_locks w join pg_locks h on h.pid = w.pid
        where not w.granted and h.locktype = 'advisory' and h.objid = 7 and h.granted) loop
        -- A pause between two looks: nothing calls when somebody begins to wait.
        perform pg_sleep(0.002);
      end loop;
      perform pg_advisory_xact_lock(7);
    end if;
    return null;
  end $$`

describePg('a Postgres that refuses', () => {
  let server: TestDatabase
  let fleet: Fleet
  let admin: postgres.Sql
  beforeAll(async () => {
    server = await freshDatabase()
    admin = postgres(server.url, { max: 1, onnotice: () => {} })
    // The one that looks first is the one that gives way: the gateways.
    await admin.unsafe(
      `alter database ${new URL(server.url).pathname.slice(1)} set deadlock_timeout = '10ms'`,
    )
    await admin`set deadlock_timeout = '1min'`
    await admin`create sequence zg_faults`
    fleet = await startFleet(server.url)
    await admin.unsafe(failing('40001'))
    await admin`create trigger zg_fault before insert on zg.log for each statement execute function zg_fault()`
  })
  afterAll(async () => {
    await admin.end()
    await fleet.close()
    await server.drop()
  })

  test('a serialization failure is tried again, and nobody hears of it', async () => {
    await admin.unsafe(failing('40001'))
    const { told } = await fleet.suffer(TRIALS, async load => {
      await admin`select setval('zg_faults', 3)`
      await load.more(1)
      expect(await admin`select last_value::int as left from zg_faults`).toEqual([{ left: 1 }])
    })
    expect([...told.keys()]).not.toContain('StatementRefused')
  })

  test('a deadlock is tried again, and nobody hears of it', async () => {
    await admin.unsafe(DEADLOCK)
    const deadlocks = async (): Promise<number> => {
      const [row] = await admin<{ n: number }[]>`
        select deadlocks::int as n from pg_stat_database where datname = current_database()`
      return row?.n ?? 0
    }
    const { told } = await fleet.suffer(TRIALS, async load => {
      const before = await deadlocks()
      await admin`select pg_advisory_lock(7)`
      // A batch waits in the trigger; then each waits for the other.
      while ((await admin`select from pg_stat_activity where wait_event = 'PgSleep'`).length === 0);
      await admin`select seq from zg.head where tenant = ${load.scope.tenant} for update`
      await admin`select pg_advisory_unlock(7)`
      while ((await deadlocks()) === before);
    })
    expect([...told.keys()]).not.toContain('StatementRefused')
  })

  test.each(['53100', '53200'])('%s: callers are told to come again', async code => {
    await admin.unsafe(failing(code))
    const { told } = await fleet.suffer(TRIALS, async load => {
      const heard = load.hears('OVERLOADED')
      await admin`select setval('zg_faults', 2)`
      await heard
    })
    expect(told.get('OVERLOADED')).toBeGreaterThanOrEqual(TRIALS)
  })
})

interface Disk {
  readonly folder: string
  release(): void
}

/** A small disk of its own, or why there is none. */
function smallDisk(): Disk | { readonly missing: string } {
  const folder = mkdtempSync('/tmp/zg-disk-')
  const options = ['-t', 'tmpfs', '-o', 'size=160m,mode=0755', 'tmpfs', folder]
  const mounted = spawnSync('mount', options, { encoding: 'utf8' })
  const release = () => {
    spawnSync('umount', [folder])
    rmSync(folder, { recursive: true, force: true })
    process.off('exit', release)
  }
  // Also when the run ends without asking us to.
  process.once('exit', release)
  if (mounted.status === 0) return { folder, release }
  release()
  return { missing: mounted.error?.message ?? mounted.stderr.trim() }
}

/** Tried before, so that a skipped test says why. */
function whyNoDisk(): string | undefined {
  if (process.platform !== 'linux') return 'only tried on Linux'
  const disk = smallDisk()
  if ('missing' in disk) return disk.missing
  disk.release()
  return undefined
}

const missing = whyNoDisk()
const there = requireOrSkip('small-disk', missing === undefined, missing)

describe.skipIf(!there)(`a disk${missing ? ` (no small one: ${missing})` : ''}`, () => {
  let disk: Disk
  beforeAll(() => {
    const made = smallDisk()
    if ('missing' in made) throw new Error(made.missing)
    disk = made
  })
  afterAll(() => disk.release())

  test('that is full: callers are told, and all goes on when there is room', async () => {
    const cluster = await startCluster({ below: disk.folder, durable: true })
    const fleet = await startFleet(cluster.url)
    const filler = join(disk.folder, 'filler')
    await fleet.suffer(TIMES, async load => {
      const told = Promise.race([load.hears('OVERLOADED'), load.hears('UNAVAILABLE')])
      expect(() => writeFileSync(filler, Buffer.alloc(200_000_000))).toThrow(/ENOSPC/)
      await told
      rmSync(filler)
      // Without room for its log a server may have gone down altogether; whoever runs it starts it again.
      await cluster.ensure()
    })
    await fleet.close()
    await cluster.stop()
  })
})
