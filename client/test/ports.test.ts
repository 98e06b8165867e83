import * as text from '@zg/core/change/text'
import type { Catalog } from '@zg/core/ir/catalog'
import { notes } from '@zg/core/ir/notes.fixture'
import { feedSuite } from '@zg/core/ports/feed.suite'
import { kindsSuite } from '@zg/core/ports/kinds.suite'
import { newIdsSuite } from '@zg/core/ports/newIds.suite'
import { films, type PortsUnderTest } from '@zg/core/ports/ports.suite'
import type { Snapshot } from '@zg/core/ports/reader'
import type { Scope } from '@zg/core/ports/scope'
import { textSuite } from '@zg/core/ports/text.suite'
import { writerSuite } from '@zg/core/ports/writer.suite'
import { machine } from '@zg/store/host'
import { describe } from 'vitest'
import { memoryDisk } from '../src/replica/memoryDisk.ts'
import { openReplica, type Replica } from '../src/replica/replica.ts'

/** The ports of replicas that are alone in the world, one for each tenant. */
function alone(catalog: Catalog): PortsUnderTest {
  const replicas = new Map<string, Promise<Replica>>()
  const replica = (scope: Scope): Promise<Replica> => {
    const known = replicas.get(scope.tenant)
    if (known !== undefined) return known
    const { now, random } = machine
    const opened = openReplica({ catalog, scope, disk: memoryDisk(), now, random, text })
    replicas.set(scope.tenant, opened)
    return opened
  }
  return {
    reader: {
      open: scope => {
        let snapshot: Promise<Snapshot> | undefined
        const opened = () => {
          snapshot ??= replica(scope).then(({ reader }) => reader.open(scope))
          return snapshot
        }
        return {
          position: async () => (await opened()).position(),
          pages: async query => (await opened()).pages(query),
          rows: async (...asked) => (await opened()).rows(...asked),
          lists: async query => (await opened()).lists(query),
          found: async (...asked) => (await opened()).found(...asked),
          aggregates: async query => (await opened()).aggregates(query),
          close: async () => (await opened()).close(),
        }
      },
    },
    writer: { commit: async mutation => (await replica(mutation.scope)).writer.commit(mutation) },
    feed: {
      follow: async function* (request) {
        yield* (await replica(request.scope)).feed.follow(request)
      },
      touches: async function* (scope, since, signal) {
        yield* (await replica(scope)).feed.touches(scope, since, signal)
      },
      replicate: () => {
        throw new Error('A replica is not followed by others yet')
      },
    },
  }
}

describe('replica', () => {
  const ports = alone(films)
  writerSuite('replica', () => ports)
  newIdsSuite('replica', () => ports)
  kindsSuite('replica', () => ports)
  feedSuite('replica', () => ports)
  const texts = { ...alone(notes), settled: async () => {} }
  // Whose a Yjs client is, is for its gateway to say: two replicas at one are in `pushTextSuite`.
  textSuite('replica', () => texts, { principals: 'one', replicates: false })
})
