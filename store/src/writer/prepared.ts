import type { Needs } from '@zg/core/act/needs'
import { addressKey } from '@zg/core/act/overlay'
import type { BatchNeeds, Fold } from '@zg/core/ports/storage'
import type { Pending } from './queue.ts'
import { clientText, type Request, retriesOf } from './request.ts'

/** One tenant's mutations, read, and what they are known to need. */
export interface Prepared {
  readonly requests: readonly Request[]
  readonly needs: BatchNeeds
  readonly folds: readonly Fold[]
}

/** What can be said before the lock is taken. One load for the whole batch, verdicts of retries included. */
export function prepareTenant(waiting: readonly Pending[]): Prepared {
  const requests = waiting.map(({ request }) => request)
  const retries = retriesOf(requests)
  const keys = retries.filter(({ numbered }) => numbered).map(({ key }) => key)
  const clients = new Map(keys.map(key => [clientText(key), { by: key.by, client: key.client }]))
  const needs = distinctNeeds(requests.map(request => request.needs))
  return {
    requests,
    needs: {
      ...needs,
      fresh: requests.flatMap(({ fresh }) => fresh),
      verdicts: retries.map(({ key }) => key),
      clients: [...clients.values()],
    },
    folds: waiting.flatMap(({ task }) => (task.kind === 'folds' ? task.folds : [])),
  }
}

export function distinctNeeds(all: readonly Needs[]): Needs {
  return {
    instances: distinct(all, needs => needs.instances, addressKey),
    inbound: distinct(all, needs => needs.inbound, addressKey),
    claims: distinct(
      all,
      needs => needs.claims,
      ({ index, value }) => `${index}/${value}`,
    ),
    stamps: distinct(
      all,
      needs => needs.stamps,
      stamp => stamp,
    ),
  }
}

function distinct<T>(
  all: readonly Needs[],
  listOf: (needs: Needs) => readonly T[],
  text: (item: T) => string,
): readonly T[] {
  const found = new Map<string, T>()
  for (const needs of all) for (const item of listOf(needs)) found.set(text(item), item)
  return [...found.values()]
}
