import { openDatabase } from '@zg/store/database'
import { openStore } from '@zg/store/store'
import { ir, scopeOf } from '../append/model.ts'
import { argument, serve } from '../worker.ts'

export interface Followed {
  readonly ms: number
  /** Distinct ids, and those among them whose last image has 9 stars. */
  readonly rows: number
  readonly updated: number
  /** Megabytes by which the process was larger at its peak than before. */
  readonly grown: number
}

const { url, until } = argument<{ readonly url: string; readonly until: number }>()
const db = await openDatabase({ url })
const store = await openStore(db, ir)
const scope = scopeOf()
const [{ log }] = (await db.query<{ log: string }>('select log from zg.meta')) as [{ log: string }]

/** The ids are counted and forgotten but for one bit each, so that what grows is the feed's. */
async function follow(): Promise<Followed> {
  const seen = new Map<string, boolean>()
  const request = {
    scope,
    shape: { entity: 'Note', where: { kind: 'and' as const, of: [] } },
    since: { log, seqs: { [scope.tenant]: 0 } },
    signal: new AbortController().signal,
  }
  const before = process.memoryUsage.rss()
  const begin = performance.now()
  for await (const { events, position } of store.feed.follow(request)) {
    for (const event of events) if (event.kind === 'upsert') seen.set(event.id, event.row.stars === 9)
    if (position.seqs[scope.tenant] === until) break
  }
  const ms = performance.now() - begin
  const grown = (process.resourceUsage().maxRSS * 1_024 - before) / 2 ** 20
  return { ms, rows: seen.size, updated: [...seen.values()].filter(Boolean).length, grown }
}

serve('ready', follow)
