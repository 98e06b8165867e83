import * as text from '@zg/core/change/text'
import type { Feed, ReplicaEvent } from '@zg/core/ports/feed'
import { heldBy } from '@zg/core/ports/held.fixture'
import { readerSuite } from '@zg/core/ports/reader.suite'
import { ANONYMOUS, type Scope } from '@zg/core/ports/scope'
import { films } from '@zg/core/query/films.suite'
import { inProcess } from '@zg/core/sync/inProcess'
import { serveSync } from '@zg/gateway/sync/serve'
import { machine } from '@zg/store/host'
import { memoryDisk } from '../src/replica/memoryDisk.ts'
import { openReplica } from '../src/replica/replica.ts'
import { feedOf } from './told.fixture.ts'
import { all } from './world.fixture.ts'

/** A disk on which a replica has kept what a gateway had sent. */
async function followed(scope: Scope, feed: Feed) {
  const fail = (error: unknown): never => {
    throw error
  }
  const { now, random } = machine
  const disk = memoryDisk()
  const replica = await openReplica({ catalog: films, scope, disk, now, random, text, report: fail })
  for (const { name } of films.entities) replica.subscribe(all(name))
  const push = (): never => fail(new Error('Nothing was written here'))
  const sync = serveSync({ catalog: films, writer: { push, commit: push }, feed, now, report: fail })
  const pair = inProcess(queueMicrotask)
  pair.join(replica.connect(pair.a), sync.accept(scope, pair.b))
  await new Promise<void>(resolve => {
    replica.watch(() => {
      if (replica.status().complete) resolve()
    })
  })
  pair.cut()
  replica.close()
  return disk
}

let tenants = 0
readerSuite(
  'replica',
  () => ({
    load: async fixture => {
      const scope: Scope = { tenant: `r${++tenants}`, principal: ANONYMOUS }
      const events = heldBy(fixture).map((held): ReplicaEvent => ({ kind: 'upsert', ...held }))
      const disk = await followed(scope, feedOf(events))
      const { now, random } = machine
      return { reader: (await openReplica({ catalog: films, scope, disk, now, random, text })).reader, scope }
    },
  }),
  { fixtures: 40, queries: 40 },
)
