import type { Address } from '@zg/core/act/needs'
import type { Catalog } from '@zg/core/ir/catalog'
import type { Json } from '@zg/core/json'
import type { Loaded, ReplicaEvent, Shape } from '@zg/core/ports/feed'
import type { Position } from '@zg/core/ports/position'
import { eventJson, parseEvents } from '@zg/core/ports/replicaWire'
import { type Confirmed, createConfirmed, type Held } from './confirmed.ts'
import type { Disk } from './disk.ts'
import { adopt, emptyLayout, type Layout, renew, touch } from './layout.ts'
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
 * Keeps what a gateway has sent in pages of rows and edges, and in a journal of what came since they were written. A manifest
 * names the pages and the journal that belong together; replacing it is what makes a new generation of them count.
 * A batch is written once if it is small, into the journal; one that would fill the journal goes into pages at once.
 */
export interface Pages {
  /** After `confirmed` took them over. */
  note(events: readonly ReplicaEvent[], touched: readonly Address[], kept: Kept): void
  /** Everything is another. */
  replace(kept: Kept): void
}

const MANIFEST = 'pages'
/** Of what is written here (DISK.md). */
const FORMAT = 1
/** A journal of so many characters is folded into pages. */
const JOURNAL_LIMIT = 512 * 1024

interface Manifest {
  readonly format: number
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

/** What was kept, and the way to keep more. What is not whole, or of another format, is forgotten: a gateway has it. */
export async function openPages(
  disk: Disk,
  catalog: Catalog,
): Promise<{ readonly kept: Kept; readonly pages: Pages }> {
  const found = await load(disk, catalog)
  if (found) return { kept: found.kept, pages: createPages(disk, found) }
  for (const name of await disk.list()) if (name.startsWith(MANIFEST)) disk.replace(name, null)
  const kept: Kept = { confirmed: createConfirmed(catalog), shapes: [], position: null }
  const pages = createPages(disk, { layout: emptyLayout(), generation: 0, journal: journalOf(0), length: 0 })
  pages.replace(kept)
  return { kept, pages }
}

/** Which files count. */
interface Files {
  readonly layout: Layout
  readonly generation: number
  readonly journal: string
  /** Of the journal. */
  readonly length: number
}

function createPages(disk: Disk, opened: Files): Pages {
  const { layout } = opened
  let { generation, journal, length } = opened

  /** The old pages and journal count until the manifest is replaced, and what comes later goes into the new journal. */
  const fold = ({ confirmed, shapes, position }: Kept): void => {
    generation++
    const lineAt = (address: Address): string | null => {
      const held = confirmed.get(address)
      return held ? lineOf(heldJson(held)) : null
    }
    const stale = renew(layout, lineAt, (number, text) => {
      const file = `${MANIFEST}-${number}-${generation}`
      disk.replace(file, text)
      return file
    })
    const before = journal
    journal = journalOf(generation)
    length = 0
    const pages = [...layout.pages].flatMap(([number, { file }]) => (file === null ? [] : { number, file }))
    const manifest: Manifest = { format: FORMAT, generation, pages, journal, shapes, position }
    disk.replace(MANIFEST, lineOf(manifest as unknown as Json))
    for (const name of [...stale, before]) disk.replace(name, null)
  }

  return {
    note: (events, touched, kept) => {
      for (const address of touched) touch(layout, address)
      const line = lineOf({
        events: events.map(eventJson),
        shapes: kept.shapes as unknown as Json,
        position: kept.position as unknown as Json,
      })
      length += line.length
      if (length > JOURNAL_LIMIT) fold(kept)
      else disk.append(journal, line)
    },
    replace: kept => {
      for (const page of layout.pages.keys()) layout.dirty.add(page)
      for (const held of kept.confirmed.values()) touch(layout, held)
      fold(kept)
    },
  }
}

function journalOf(generation: number): string {
  return `${MANIFEST}-journal-${generation}`
}

function heldJson({ entity, key, instance, texts }: Held): Json {
  const list = [...texts].map(([field, source]) => ({ field, source }))
  return eventJson({ kind: 'upsert', entity, key, instance, ...(list.length ? { texts: list } : {}) })
}

/** Null: there is nothing, or nothing that can be used. */
async function load(disk: Disk, catalog: Catalog): Promise<(Files & { readonly kept: Kept }) | null> {
  const text = await disk.read(MANIFEST)
  const manifest = text === null ? undefined : (linesOf(text).records[0] as unknown as Manifest | undefined)
  if (manifest?.format !== FORMAT) return null
  const confirmed = createConfirmed(catalog)
  const layout = emptyLayout()
  for (const { number, file } of manifest.pages) {
    const page = await disk.read(file)
    const lines = page === null ? null : linesOf(page)
    const events = lines?.good === null ? parseEvents(lines.records) : null
    if (page === null || events === null) return null
    confirmed.apply(events)
    adopt(layout, number, { file, length: page.length }, events)
  }
  const { generation, journal } = manifest
  // What a fold had written when the machine stopped, before any of it counted.
  const named = new Set([MANIFEST, journal, ...manifest.pages.map(({ file }) => file)])
  for (const name of await disk.list())
    if (name.startsWith(MANIFEST) && !named.has(name)) disk.replace(name, null)
  const whole = (await disk.read(journal)) ?? ''
  const { records, good } = linesOf(whole)
  if (good !== null) disk.replace(journal, good)
  let { shapes, position } = manifest
  for (const record of records) {
    const line = record as unknown as JournalLine
    const events = parseEvents(line.events)
    if (!events) return null
    for (const address of confirmed.apply(events)) touch(layout, address)
    shapes = line.shapes
    position = line.position
  }
  return {
    layout,
    generation,
    journal,
    length: (good ?? whole).length,
    kept: { confirmed, shapes, position },
  }
}
