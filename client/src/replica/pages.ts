import type { Address } from '@zg/core/act/needs'
import { addressKey } from '@zg/core/act/overlay'
import type { Catalog } from '@zg/core/ir/catalog'
import type { Json } from '@zg/core/json'
import type { Loaded, ReplicaEvent, Shape } from '@zg/core/ports/feed'
import type { Position } from '@zg/core/ports/position'
import { eventJson, parseEvents } from '@zg/core/ports/replicaWire'
import { type Confirmed, createConfirmed, type Held } from './confirmed.ts'
import type { Disk } from './disk.ts'
import { lineOf, linesOf } from './lines.ts'

/** A shape, and how far its rows are here. */
export interface ShapeState {
  readonly shape: Shape
  readonly loaded: Loaded
}

/** What a gateway has sent, as it is kept: rebuildable, so a crash may cost the newest of it. */
export interface Kept {
  readonly confirmed: Confirmed
  readonly shapes: readonly ShapeState[]
  readonly position: Position | null
}

/**
 * Keeps what a gateway has sent in pages of rows, and in a journal of what came since they were written. A manifest
 * names the pages and the journal that belong together; replacing it is what makes a new generation of them count.
 */
export interface Pages {
  /** After `confirmed` took them over. */
  note(events: readonly ReplicaEvent[], touched: readonly Address[], kept: Kept): void
  /** Everything is another. */
  replace(kept: Kept): void
}

const MANIFEST = 'pages'
const PAGE_ROWS = 500
/** A journal of so many characters is folded into pages. */
const JOURNAL_LIMIT = 512 * 1024

interface Manifest {
  readonly generation: number
  readonly pages: readonly { readonly number: number; readonly file: string }[]
  readonly journal: string
  readonly shapes: readonly ShapeState[]
  readonly position: Position | null
}

interface JournalLine {
  readonly events: readonly ReplicaEvent[]
  readonly shapes: readonly ShapeState[]
  readonly position: Position | null
}

/** What was kept, and the way to keep more. What is not whole is forgotten: a gateway has it. */
export async function openPages(
  disk: Disk,
  catalog: Catalog,
): Promise<{ readonly kept: Kept; readonly pages: Pages }> {
  const found = await load(disk, catalog)
  if (found) {
    const layout = layoutOf(found.manifest, found.byPage)
    for (const address of found.touched) place(layout, address)
    return { kept: found.kept, pages: createPages(disk, layout) }
  }
  for (const name of await disk.list()) if (name.startsWith(MANIFEST)) disk.replace(name, null)
  const kept: Kept = { confirmed: createConfirmed(catalog), shapes: [], position: null }
  const layout = emptyLayout(0)
  const pages = createPages(disk, layout)
  pages.replace(kept)
  return { kept, pages }
}

/** Which row stands on which page, and which pages are behind. */
interface Layout {
  generation: number
  /** The page that new rows go to. */
  last: number
  journal: string
  journalLength: number
  readonly files: Map<number, string>
  readonly pageOf: Map<string, number>
  readonly members: Map<number, Map<string, Address>>
  readonly dirty: Set<number>
}

function createPages(disk: Disk, layout: Layout): Pages {
  /** The old pages and journal count until the manifest is replaced, and what comes later goes into the new journal. */
  const fold = (kept: Kept): void => {
    const stale = [...[...layout.dirty].flatMap(page => layout.files.get(page) ?? []), layout.journal]
    layout.generation++
    layout.journal = `${MANIFEST}-journal-${layout.generation}`
    layout.journalLength = 0
    for (const page of layout.dirty) writePage(disk, layout, page, kept.confirmed)
    layout.dirty.clear()
    disk.replace(MANIFEST, lineOf(manifestOf(layout, kept) as unknown as Json))
    for (const name of stale) disk.replace(name, null)
  }

  return {
    note: (events, touched, kept) => {
      for (const address of touched) place(layout, address)
      const line = lineOf({
        events: events.map(eventJson),
        shapes: kept.shapes as unknown as Json,
        position: kept.position as unknown as Json,
      })
      layout.journalLength += line.length
      disk.append(layout.journal, line)
      if (layout.journalLength > JOURNAL_LIMIT) fold(kept)
    },
    replace: kept => {
      for (const page of layout.members.keys()) layout.dirty.add(page)
      for (const held of kept.confirmed.values()) place(layout, held)
      fold(kept)
    },
  }
}

function place(layout: Layout, address: Address): void {
  const name = addressKey(address)
  let page = layout.pageOf.get(name)
  if (page === undefined) {
    if ((layout.members.get(layout.last)?.size ?? 0) >= PAGE_ROWS) layout.last++
    page = layout.last
    layout.pageOf.set(name, page)
  }
  const { entity, key } = address
  layout.members.set(page, (layout.members.get(page) ?? new Map()).set(name, { entity, key }))
  layout.dirty.add(page)
}

function writePage(disk: Disk, layout: Layout, page: number, confirmed: Confirmed): void {
  const members = layout.members.get(page) ?? new Map<string, Address>()
  const lines: string[] = []
  for (const [name, address] of members) {
    const held = confirmed.get(address)
    if (held) lines.push(lineOf(heldJson(held)))
    else {
      members.delete(name)
      layout.pageOf.delete(name)
    }
  }
  if (lines.length === 0) {
    layout.files.delete(page)
    return
  }
  const file = `${MANIFEST}-${page}-${layout.generation}`
  layout.files.set(page, file)
  disk.replace(file, lines.join(''))
}

function heldJson({ entity, key, instance, texts }: Held): Json {
  const list = [...texts].map(([field, source]) => ({ field, source }))
  return eventJson({ kind: 'upsert', entity, key, instance, ...(list.length ? { texts: list } : {}) })
}

function manifestOf(layout: Layout, { shapes, position }: Kept): Manifest {
  const pages = [...layout.files].map(([number, file]) => ({ number, file }))
  return { generation: layout.generation, pages, journal: layout.journal, shapes, position }
}

function emptyLayout(generation: number): Layout {
  return {
    generation,
    last: 0,
    journal: `${MANIFEST}-journal-${generation}`,
    journalLength: 0,
    files: new Map(),
    pageOf: new Map(),
    members: new Map(),
    dirty: new Set(),
  }
}

function layoutOf(manifest: Manifest, byPage: ReadonlyMap<number, readonly Address[]>): Layout {
  const layout = emptyLayout(manifest.generation)
  layout.journal = manifest.journal
  for (const { number, file } of manifest.pages) layout.files.set(number, file)
  layout.last = manifest.pages.reduce((last, { number }) => Math.max(last, number), 0)
  for (const [page, addresses] of byPage) {
    for (const { entity, key } of addresses) {
      const name = addressKey({ entity, key })
      layout.pageOf.set(name, page)
      layout.members.set(page, (layout.members.get(page) ?? new Map()).set(name, { entity, key }))
    }
  }
  return layout
}

/** Null: there is nothing, or a page is missing or damaged. */
async function load(disk: Disk, catalog: Catalog) {
  const text = await disk.read(MANIFEST)
  const manifest = text === null ? undefined : (linesOf(text).records[0] as unknown as Manifest | undefined)
  if (!manifest) return null
  const byPage = new Map<number, readonly ReplicaEvent[]>()
  for (const { number, file } of manifest.pages) {
    const page = await disk.read(file)
    const lines = page === null ? null : linesOf(page)
    const events = lines && lines.good === null ? parseEvents(lines.records) : null
    if (!events) return null
    byPage.set(number, events)
  }
  const confirmed = createConfirmed(catalog)
  for (const events of byPage.values()) confirmed.apply(events)
  const journal = linesOf((await disk.read(manifest.journal)) ?? '')
  if (journal.good !== null) disk.replace(manifest.journal, journal.good)
  let { shapes, position } = manifest
  const touched: Address[] = []
  for (const record of journal.records) {
    const line = record as unknown as JournalLine
    const events = parseEvents(line.events)
    if (!events) return null
    touched.push(...confirmed.apply(events))
    shapes = line.shapes
    position = line.position
  }
  return { manifest, byPage, touched, kept: { confirmed, shapes, position } }
}
