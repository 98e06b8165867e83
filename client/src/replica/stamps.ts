import type { Hlc } from '@zg/core/change/clock'
import type { Instance } from '@zg/core/change/instance'
import { liveTags } from '@zg/core/change/tags'

/** The stamps that can be told from a merged state: of its birth, its registers, places of documents included, and what is in its sets. */
export function* stampsOf({ born, cells }: Instance): Generator<Hlc> {
  if (born !== null) yield born
  for (const cell of Object.values(cells)) {
    if (cell.kind === 'register') yield cell.at
    else if (cell.kind === 'json') for (const { at } of Object.values(cell.paths)) yield at
    else if (cell.kind === 'edge') yield* liveTags(cell.tags)
    else if (cell.kind === 'set') for (const tags of Object.values(cell.elements)) yield* liveTags(tags)
  }
}
