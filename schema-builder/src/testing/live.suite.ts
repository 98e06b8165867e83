import type { ExecutionResult } from 'graphql'
import { type Api, api } from '../testing/api.suite.ts'
import { type FakeFeed, type FakeTimers, fakeFeed, fakeTimers } from '../testing/feed.suite.ts'
import { FILMS } from '../testing/films.suite.ts'

/** Films behind an API whose feed and timers the test drives. */
export interface Live extends Api {
  readonly feed: FakeFeed
  readonly timers: FakeTimers
  stream(
    document: string,
    variables?: { [name: string]: unknown },
  ): Promise<AsyncIterableIterator<ExecutionResult>>
}

export function live(ports: 'now' | 'later' = 'later'): Live {
  const timers = fakeTimers()
  let feed: FakeFeed | undefined
  const made = api({
    ports,
    host: timers,
    feed: data => {
      feed = fakeFeed(data.position)
      return feed
    },
  })
  made.apply(...FILMS)
  return {
    ...made,
    feed: feed as FakeFeed,
    timers,
    stream: async (document, variables) => {
      const result = await made.subscribe(document, variables)
      if (Symbol.asyncIterator in result) return result
      throw new Error(result.errors?.map(String).join() ?? 'no stream')
    },
  }
}

/** Long enough for everything that is not waiting for a touch or a timer to happen. */
export async function quiet(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise(resolve => setImmediate(resolve))
}
