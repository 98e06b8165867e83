import type { Batch, BatchFacts, BatchNeeds, Head, Writes } from '@zg/core/ports/storage'
import { type Asked, addressText, type LoadedFacts, type Place } from './load.ts'
import type { TenantWrites } from './save/send.ts'
import type { Session } from './session.ts'
import { loadTextAuthors } from './text/load.ts'

/** A batch under way. */
export interface OpenBatch {
  readonly batch: Batch
  /** Puts what has been saved and not been put yet. The heads as they are then, of tenants whose log or verdicts have grown. */
  end(): Promise<ReadonlyMap<string, Head>>
}

export interface BatchParts {
  /** Where it looks for who wrote texts. */
  readonly session: Session
  load(asked: readonly Asked<BatchNeeds>[]): Promise<readonly LoadedFacts[]>
  readonly heads: ReadonlyMap<string, Head>
  /** `Batch.now`. */
  readonly now: number
  /** What was asked for along with the lock. */
  readonly first: readonly Asked<BatchNeeds>[]
  readonly found: Promise<readonly LoadedFacts[]>
  /** Takes what was saved as soon as it is so many entries, and at the end; null: only at the end. */
  readonly part: number | null
  put(writes: readonly TenantWrites[]): Promise<void>
}

export function openBatch(parts: BatchParts): OpenBatch {
  const { session, heads, now, first, found, part, put } = parts
  const places = new Map([...heads.keys()].map(tenant => [tenant, new Map<string, Place>()]))
  const placesOf = (tenant: string): Map<string, Place> => {
    const known = places.get(tenant)
    if (!known) throw new Error(`The batch does not hold the tenant ${tenant}`)
    return known
  }
  let gathered: TenantWrites[] = []
  let size = 0
  const moved = new Map<string, Head>()
  let putting = Promise.resolve()

  const send = (): Promise<void> => {
    const writes = gathered
    gathered = []
    size = 0
    if (writes.length) putting = putting.then(() => put(writes))
    return putting
  }

  const load = async (tenant: string, needs: BatchNeeds): Promise<BatchFacts> => {
    const known = placesOf(tenant)
    const early = first.findIndex(one => one.needs === needs && one.tenant === tenant)
    const [loaded] = early < 0 ? await parts.load([{ tenant, needs }]) : (await found).slice(early, early + 1)
    if (!loaded) throw new Error(`Nothing was loaded for ${tenant}`)
    needs.instances.forEach((address, i) => {
      const place = loaded.places[i]
      // What this batch has moved since is known better.
      if (place && !known.has(addressText(address))) known.set(addressText(address), place)
    })
    for (const address of needs.fresh) {
      const text = addressText(address)
      if (!known.has(text)) known.set(text, 'nowhere')
    }
    return loaded.facts
  }

  const save = async (tenant: string, writes: Writes): Promise<void> => {
    const known = placesOf(tenant)
    if (gathered.some(one => one.tenant === tenant)) await send()
    gathered.push({ tenant, writes, places: known })
    moved.set(tenant, writes.head)
    size += writes.entries.length
    if (part !== null && size >= part) await send()
  }

  const end = async (): Promise<ReadonlyMap<string, Head>> => {
    await send()
    return moved
  }

  const textAuthors: Batch['textAuthors'] = async (tenant, asked) => {
    placesOf(tenant)
    return loadTextAuthors(session, tenant, asked)
  }

  return { batch: { heads, now, whole: part === null, load, textAuthors, save }, end }
}
