import type { Shape } from '@zg/core/ports/feed'
import type { Expression } from '@zg/core/query/expression'
import { openDatabase } from '@zg/store/database'
import { openStore } from '@zg/store/store'
import { ir, scopeOf } from '../append/model.ts'
import { argument, serve } from '../worker.ts'
import { type Followed, MARK, type Way } from './followed.ts'

const { url, until, way, rows } = argument<{
  readonly url: string
  readonly until: number
  readonly way: Way
  readonly rows: number
}>()

const db = await openDatabase({ url })
const store = await openStore(db, ir)
const scope = scopeOf(way.tenant)
const [{ log }] = (await db.query<{ log: string }>('select log from zg.meta')) as [{ log: string }]
const everything: Expression = { kind: 'and', of: [] }
const marked: Expression = {
  kind: 'eq',
  left: { kind: 'path', path: ['stars'] },
  right: { kind: 'value', value: MARK },
}
const shape: Shape = { entity: 'Note', where: way.marked ? marked : everything }
const position = { log, seqs: { [scope.tenant]: 0 } }
const numberOf = (field: string) => ir.entities[0]?.fields.find(({ name }) => name === field)?.number ?? 0
const [TITLE, STARS] = [numberOf('title'), numberOf('stars')]
const { signal } = new AbortController()

type Note = (title: unknown, stars: unknown) => void

/** One byte for each row, found by the number in its title, so that what grows is the feed's. */
const follow = async (): Promise<Followed> => {
  const seen = new Uint8Array(rows)
  const note: Note = (title, stars) => {
    seen[Number(String(title).slice(-9))] = stars === MARK ? 2 : 1
  }
  const before = process.memoryUsage.rss()
  const used = process.cpuUsage()
  const begin = performance.now()
  for await (const at of way.kind === 'follow' ? followed(note) : replicated(note)) if (at === until) break
  const ms = performance.now() - begin
  const { user, system } = process.cpuUsage(used)
  const grown = (process.resourceUsage().maxRSS * 1_024 - before) / 2 ** 20
  return {
    ms,
    cpu: (user + system) / 1_000,
    rows: seen.filter(Boolean).length,
    marked: seen.filter(one => one === 2).length,
    grown,
  }
}
async function* followed(note: Note) {
  for await (const { events, position: at } of store.feed.follow({ scope, shape, since: position, signal })) {
    for (const event of events) if (event.kind === 'upsert') note(event.row.title, event.row.stars)
    yield at.seqs[scope.tenant]
  }
}
async function* replicated(note: Note) {
  const since = { position, loaded: [{ kind: 'whole' }] } as const
  for await (const batch of store.feed.replicate({ scope, shapes: [shape], since, signal })) {
    if (batch.kind === 'reset') throw new Error('The replica is to start over')
    for (const event of batch.events) {
      if (event.kind !== 'upsert') continue
      const value = (field: number) => {
        const cell = event.instance.cells[field]
        return cell?.kind === 'register' ? cell.value : null
      }
      note(value(TITLE), value(STARS))
    }
    yield batch.position.seqs[scope.tenant]
  }
}
serve('ready', follow)
