import { openDatabase } from '@zg/store/database'
import { openStore } from '@zg/store/store'
import { ir } from '../append/model.ts'
import { write } from '../append/ours.ts'
import { nextNote } from '../append/writing.ts'
import { argument, serve } from '../worker.ts'

export interface Crowded {
  /** Megabytes of the process at its peak. */
  readonly rss: number
  readonly rate: number
  readonly asked: number
  /** Whose row is in the database afterwards. */
  readonly answered: number
  /** Answered before everybody of the same tenant who asked later. */
  readonly inOrder: number
}

const { url, callers, turns } = argument<{
  readonly url: string
  readonly callers: number
  readonly turns: number
}>()
const db = await openDatabase({ url })
const store = await openStore(db, ir)

/** Half of them are of one tenant, the others of nine. */
async function crowd(): Promise<Crowded> {
  const tenants = Array.from({ length: 10 }, (_, i) => ({ name: `t${i}`, asked: 0, latest: -1 }))
  let [answered, inOrder] = [0, 0]
  const caller = async (_: unknown, i: number) => {
    const tenant = tenants[i % 2 ? 0 : 1 + ((i >> 1) % 9)]
    for (let turn = 0; tenant && turn < turns; turn++) {
      const place = tenant.asked++
      await write(store, nextNote(), tenant.name)
      answered++
      if (place > tenant.latest) inOrder++
      tenant.latest = Math.max(place, tenant.latest)
    }
  }
  const begin = performance.now()
  const ended = await Promise.allSettled(Array.from({ length: callers }, caller))
  const ms = performance.now() - begin
  const rss = process.resourceUsage().maxRSS / 1_024
  for (const end of ended) if (end.status === 'rejected') console.error(end.reason)
  const [{ n }] = (await db.query<{ n: number }>('select count(*)::int as n from note')) as [{ n: number }]
  const asked = callers * turns
  return { rss, rate: answered / (ms / 1_000), asked, answered: Math.min(answered, n), inOrder }
}

serve('ready', crowd)
