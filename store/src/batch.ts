import type { Batch, BatchFacts, BatchNeeds, Head, Writes } from '@zg/core/ports/storage'
import { type Asked, addressText, type LoadedFacts, loadFacts, type Place } from './load.ts'
import { saveHeads } from './save/heads.ts'
import type { TenantWrites } from './save/send.ts'
import { saveWrites } from './save.ts'
import type { Session } from './session.ts'
import type { Layout } from './tables/layout.ts'
import { loadTextAuthors } from './text/load.ts'

/** So many entries are sent at once: the database writes them while the next ones are judged. */
const PART = 64

/** A batch within its transaction. */
export interface OpenBatch {
  readonly batch: Batch
  /** Sends what has been saved and not sent yet, and the new heads. Resolves when it is sent, not when it is answered. */
  end(): Promise<void>
}

export interface BatchParts {
  readonly session: Session
  readonly layout: Layout
  readonly heads: ReadonlyMap<string, Head>
  /** `Batch.now`. */
  readonly now: number
  /** What was asked for along with the lock. */
  readonly first: readonly Asked<BatchNeeds>[]
  readonly found: Promise<readonly LoadedFacts[]>
}

export function openBatch({ session, layout, heads, now, first, found }: BatchParts): OpenBatch {
  const places = new Map([...heads.keys()].map(tenant => [tenant, new Map<string, Place>()]))
  const placesOf = (tenant: string): Map<string, Place> => {
    const known = places.get(tenant)
    if (!known) throw new Error(`The batch does not hold the tenant ${tenant}`)
    return known
  }
  let gathered: TenantWrites[] = []
  let size = 0
  const moved = new Map<string, Head>()
  let sending = Promise.resolve()

  const send = (): Promise<void> => {
    const part = gathered
    gathered = []
    size = 0
    if (part.length) sending = sending.then(() => saveWrites(session, layout, part))
    return sending
  }

  const load = async (tenant: string, needs: BatchNeeds): Promise<BatchFacts> => {
    const known = placesOf(tenant)
    const early = first.findIndex(one => one.needs === needs && one.tenant === tenant)
    const [loaded] =
      early < 0
        ? await loadFacts(session, layout, [{ tenant, needs }])
        : (await found).slice(early, early + 1)
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
    if (size >= PART) await send()
  }

  const end = async (): Promise<void> => {
    await send()
    saveHeads((text, values) => void session.query(text, values), moved)
  }

  const textAuthors: Batch['textAuthors'] = async (tenant, asked) => {
    placesOf(tenant)
    return loadTextAuthors(session, tenant, asked)
  }

  return { batch: { heads, now, load, textAuthors, save }, end }
}
