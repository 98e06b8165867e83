import type { Address } from '@zg/core/act/needs'
import { addressKey } from '@zg/core/act/overlay'

/** Rows and edges on one page. */
const PAGE_ENTRIES = 500
/** Characters on one page, unless a single row has more. */
const PAGE_LENGTH = 256 * 1024

/** Which row or edge stands on which page, and which pages are behind. */
export interface Layout {
  readonly pages: Map<number, Page>
  readonly pageOf: Map<string, number>
  readonly dirty: Set<number>
  /** The page that new ones go to, and the number of the next page. */
  last: number
  next: number
}

interface Page {
  /** Null: it was never written. */
  readonly file: string | null
  /** Characters, as it was written. */
  readonly length: number
  readonly members: Map<string, Address>
}

export function emptyLayout(): Layout {
  return { pages: new Map(), pageOf: new Map(), dirty: new Set(), last: 0, next: 1 }
}

/** Takes over a page as it was written. */
export function adopt(
  layout: Layout,
  number: number,
  written: Pick<Page, 'file' | 'length'>,
  members: readonly Address[],
): void {
  fill(layout, number, written, members)
  layout.last = Math.max(layout.last, number)
  layout.next = layout.last + 1
}

/** It came, changed or went: its page is behind. */
export function touch(layout: Layout, address: Address): void {
  const known = layout.pageOf.get(addressKey(address))
  if (known === undefined && isFull(layout.pages.get(layout.last))) layout.last = layout.next++
  const number = known ?? layout.last
  stand(layout, address, number)
  layout.dirty.add(number)
}

/**
 * Has the pages that are behind written. `lineOf` answers null for what is gone, `write` the file. A page that has grown too
 * long becomes several of about one length, so that as much has to come again before one of these does. Answers the files
 * that count no more.
 */
export function renew(
  layout: Layout,
  lineOf: (address: Address) => string | null,
  write: (number: number, text: string) => string,
): readonly string[] {
  const stale: string[] = []
  for (const number of layout.dirty) {
    const page = layout.pages.get(number)
    if (page?.file) stale.push(page.file)
    const parts = cut(linesOn(layout, page, lineOf))
    layout.pages.delete(number)
    const isLast = layout.last === number
    for (const [i, part] of parts.entries()) {
      const own = i === 0 ? number : layout.next++
      const text = part.map(({ line }) => line).join('')
      const written = { file: write(own, text), length: text.length }
      fill(
        layout,
        own,
        written,
        part.map(({ address }) => address),
      )
      if (isLast) layout.last = own
    }
  }
  layout.dirty.clear()
  return stale
}

interface Line {
  readonly address: Address
  readonly line: string
}

function linesOn(
  layout: Layout,
  page: Page | undefined,
  lineOf: (address: Address) => string | null,
): readonly Line[] {
  const lines: Line[] = []
  for (const [name, address] of page?.members ?? []) {
    const line = lineOf(address)
    if (line === null) layout.pageOf.delete(name)
    else lines.push({ address, line })
  }
  return lines
}

function cut(lines: readonly Line[]): readonly (readonly Line[])[] {
  const whole = lines.reduce((sum, { line }) => sum + line.length, 0)
  const share = whole / Math.ceil(whole / PAGE_LENGTH)
  const parts: Line[][] = []
  let part: Line[] = []
  let length = 0
  for (const one of lines) {
    if (part.length === 0 || length >= share || length + one.line.length > PAGE_LENGTH) {
      part = []
      parts.push(part)
      length = 0
    }
    part.push(one)
    length += one.line.length
  }
  return parts
}

function fill(
  layout: Layout,
  number: number,
  written: Pick<Page, 'file' | 'length'>,
  members: readonly Address[],
): void {
  layout.pages.set(number, { ...written, members: new Map() })
  for (const address of members) stand(layout, address, number)
}

function stand(layout: Layout, { entity, key }: Address, number: number): void {
  const name = addressKey({ entity, key })
  const page = layout.pages.get(number) ?? { file: null, length: 0, members: new Map() }
  layout.pages.set(number, page)
  page.members.set(name, { entity, key })
  layout.pageOf.set(name, number)
}

function isFull(page: Page | undefined): boolean {
  return page !== undefined && (page.members.size >= PAGE_ENTRIES || page.length >= PAGE_LENGTH)
}
