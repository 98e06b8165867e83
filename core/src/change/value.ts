import { canonical, type Json } from '../json.ts'
import type { Hlc } from './clock.ts'
import type { Cell, Instance } from './instance.ts'
import { documentOf } from './kinds/json.ts'
import { isLive, liveTags } from './tags.ts'

/**
 * What a reader sees: a register's value, a counter's sum as decimal text, a set's live elements in order, whether
 * an edge is there, a document.
 */
export function cellValue(cell: Cell): Json {
  switch (cell.kind) {
    case 'register':
      return cell.value
    case 'counter':
      return cell.sum
    case 'set':
      return elementsOf(cell)
    case 'edge':
      return isLive(cell.tags)
    case 'json':
      return documentOf(cell)
  }
}

/** A set's live elements, ordered by the code units of their canonical JSON; nothing of any other cell. */
export function elementsOf(cell: Cell | undefined): readonly Json[] {
  if (cell?.kind !== 'set') return []
  return Object.keys(cell.elements)
    .filter(element => isLive(cell.elements[element] ?? {}))
    .sort()
    .map(element => JSON.parse(element))
}

/** The live tags of an edge, or of one element of a set: what a remove has to name. Empty where there are none. */
export function tagsOf(cell: Cell | undefined, element?: Json): readonly Hlc[] {
  if (cell?.kind === 'edge') return liveTags(cell.tags)
  if (cell?.kind === 'set') return liveTags(cell.elements[canonical(element)] ?? {})
  return []
}

/** The clocks of these fields' registers, those in documents included: a change that sets them must be stamped above (`clock.stamp(above)`). */
export function clocksOf(instance: Instance, fields: Iterable<number>): readonly Hlc[] {
  const clocks: Hlc[] = []
  for (const field of fields) {
    const cell = instance.cells[field]
    if (cell?.kind === 'register') clocks.push(cell.at)
    if (cell?.kind === 'json') for (const { at } of Object.values(cell.paths)) clocks.push(at)
  }
  return clocks
}
