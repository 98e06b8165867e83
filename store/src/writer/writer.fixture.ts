import { createClock } from '@zg/core/change/clock'
import { memoryStorage } from '@zg/core/memory/storage'
import { type desk, films, freshScope } from '@zg/core/ports/ports.suite'
import type { Storage } from '@zg/core/ports/storage'
import type { Outcome } from '@zg/core/ports/writer'
import type { BatchSizes } from './lanes.ts'
import { fakeHost } from './play.fixture.ts'
import type { RoomLimits } from './room.ts'
import { createWriter, type WriterLoop } from './writer.ts'

/** A writer over a storage in memory, which `wrap` may spoil. */
export function setUp(
  wrap: (storage: Storage) => Storage = storage => storage,
  room?: RoomLimits,
  sizes?: BatchSizes,
) {
  const host = fakeHost()
  const memory = memoryStorage({ catalog: films, log: 'test', now: host.now })
  const clock = createClock({ now: host.now, replica: 7n })
  const commits: string[] = []
  const onCommit = (tenant: string, seq: number) => void commits.push(`${tenant}@${seq}`)
  const limit = { ...(room ? { room } : {}), ...(sizes ? { sizes } : {}) }
  const storage = wrap(memory)
  const writer = createWriter({ storage, catalog: films, schema: 'schema', clock, host, onCommit, ...limit })
  const scope = freshScope()
  const commit = (...acts: Parameters<ReturnType<typeof desk>['commit']>) => writer.commit({ scope, acts })
  return { host, memory, writer, scope, commit, commits }
}

/** The verdict, or what kept it from being one. */
export const outcomeOf = async (promise: ReturnType<WriterLoop['commit']>): Promise<string> =>
  Promise.resolve(promise).then(
    ({ verdict }: Outcome) => verdict.status,
    (error: { name: string; problems?: { code: string }[] }) => error.problems?.[0]?.code ?? error.name,
  )
