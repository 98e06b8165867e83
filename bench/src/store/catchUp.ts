import type { Act } from '@zg/core/act/act'
import { openDatabase } from '@zg/store/database'
import { openStore, type Store } from '@zg/store/store'
import { ir, note, scopeOf } from '../append/model.ts'
import { creation } from '../append/ours.ts'
import { newId } from '../append/writing.ts'
import { requireEqual } from '../equal.ts'
import { judge } from '../line.ts'
import { startWorker } from '../process.ts'
import { median } from '../rounds.ts'
import { onClose, type Run } from '../run.ts'
import type { Case, Server } from './case.ts'
import { type Followed, MARK, type Way } from './followed.ts'

const ROWS = 150_000
const UPDATES = 50_000
/** Of the one row of the tenant `busy`. */
const CHANGES = 50_000
/** Acts per mutation, and mutations at once, while the log is filled. */
const ACTS = 250
const AT_ONCE = 16

/**
 * A follower in a process of its own walks through the whole log: 150,000 rows are made, and one in three of them is changed
 * later, far from where it was made. What counts is the log's changes, whether they are told or not.
 */
export const catchUps: readonly Case[] = [
  caseOf('feed catch-up from the log', { kind: 'follow', tenant: 'main', marked: false }),
  caseOf('feed catch-up, one row in three wanted', { kind: 'follow', tenant: 'main', marked: true }),
  caseOf('feed catch-up of a replica', { kind: 'replicate', tenant: 'main', marked: false }),
  caseOf('feed catch-up, one row that always changes', { kind: 'follow', tenant: 'busy', marked: false }),
]

function caseOf(name: string, way: Way): Case {
  return {
    name,
    async *measure(run, server) {
      const { url, until, expected } = await filled(run, server, way)
      const found: Followed[] = []
      for (let round = -1; round < run.rounds; round++) {
        const worker = await startWorker('store/follower.ts', { url, until, way, rows: ROWS })
        const followed = (await worker.ask('follow')) as Followed
        await worker.end()
        requireEqual('what the feed says', { rows: followed.rows, marked: followed.marked }, expected)
        const rate = until / (followed.ms / 1_000)
        run.say(
          `  ${name}, ${round < 0 ? 'warming up' : `round ${round + 1} of ${run.rounds}`}: ${Math.round(rate)}/s, ${Math.round((followed.cpu / until) * 1_000)} us of CPU each, ${Math.round(followed.grown)} MB more`,
        )
        if (round >= 0) found.push(followed)
      }
      const common = { bench: 'store', case: name, reference: null }
      const over = (figure: (one: Followed) => number) => median(found.map(figure))
      yield judge({
        ...common,
        metric: 'changes/s',
        ours: over(({ ms }) => until / (ms / 1_000)),
        goal: 100_000,
      })
      yield judge({
        ...common,
        metric: 'ms of CPU/1000 changes',
        ours: over(({ cpu }) => (cpu * 1_000) / until),
        goal: null,
      })
      yield judge({ ...common, metric: 'MB of RSS more', ours: over(({ grown }) => grown), goal: 150 })
    },
  }
}

interface Filled {
  readonly url: string
  /** The end of the log. */
  readonly until: number
  /** What must be told: rows, and those among them that are marked in the end. */
  readonly expected: { readonly rows: number; readonly marked: number }
}

const databases = new WeakMap<Server, Promise<string>>()

async function filled(run: Run, server: Server, { tenant, marked }: Way): Promise<Filled> {
  const made = databases.get(server) ?? fill(run, server)
  databases.set(server, made)
  const url = await made
  const db = await openDatabase({ url })
  const [counts] = await db.query<{ rows: number; marked: number }>(
    `select count(*)::int as rows, (count(*) filter (where stars = ${MARK}))::int as marked
    from note where tenant = $1${marked ? ` and stars = ${MARK}` : ''}`,
    [tenant],
  )
  const [log] = await db.query<{ until: number }>(
    'select max(seq)::int as until from zg.log where tenant = $1',
    [tenant],
  )
  await db.close()
  if (!counts || !log) throw new Error('The log is empty')
  requireEqual('the log', log.until, tenant === 'main' ? ROWS + UPDATES : 1 + CHANGES)
  return { url, until: log.until, expected: counts }
}

async function fill(run: Run, server: Server): Promise<string> {
  const url = await server.fresh('catch_up')
  const db = await openDatabase({ url })
  onClose(() => db.close())
  run.say(`  writing ${ROWS + UPDATES + 1 + CHANGES} changes`)
  const store = await openStore(db, ir)
  const rows = Array.from({ length: ROWS }, (_, n) => note(newId(), n))
  await write(store, 'main', rows.map(creation))
  const some = rows.filter((_, n) => n % 3 === 0)
  await write(
    store,
    'main',
    some.map(({ id }) => rating(id, MARK)),
  )
  const busy = note(newId(), 0)
  await write(store, 'busy', [creation(busy)])
  await write(
    store,
    'busy',
    Array.from({ length: CHANGES }, (_, i) => rating(busy.id, i < CHANGES - 1 ? -i : MARK)),
  )
  await store.close()
  return url
}

function rating(id: string, stars: number): Act {
  return { kind: 'update', entity: 'Note', id, fields: { stars: { kind: 'set', value: stars } } }
}

/** In order as far as it matters: mutations of one caller after the other where there is one row. */
async function write({ writer }: Store, tenant: string, acts: readonly Act[]): Promise<void> {
  let next = 0
  const caller = async () => {
    while (next < acts.length) {
      const some = acts.slice(next, next + ACTS)
      next += ACTS
      const { verdict } = await writer.commit({ scope: scopeOf(tenant), acts: some })
      if (verdict.status !== 'applied') throw new Error(`Refused: ${JSON.stringify(verdict.problems)}`)
    }
  }
  await Promise.all(Array.from({ length: tenant === 'busy' ? 1 : AT_ONCE }, caller))
}
