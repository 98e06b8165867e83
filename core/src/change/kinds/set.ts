import { canonical } from '../../json.ts'
import type { Op } from '../change.ts'
import type { Hlc } from '../clock.ts'
import type { Cell, Tags } from '../instance.ts'
import { count } from '../tags.ts'

type SetCell = Extract<Cell, { kind: 'set' }>

/**
 * Observed-remove set, add wins (Shapiro et al. 2011): every add is a tag of its own, a remove takes away the tags
 * that its author saw, so an add that it did not see stays. Copies the touched elements' tags only.
 */
export function applySet(cell: SetCell | undefined, op: Extract<Op, { kind: 'set' }>, id: Hlc): SetCell {
  const elements: { [element: string]: Tags } = { ...cell?.elements }
  // Elements and tags count once per change, however often it names them: a tag counted twice would never be live.
  for (const element of new Set(op.add.map(canonical))) tally(elements, element, [id], 1)
  for (const [element, tags] of removals(op.remove)) tally(elements, element, tags, -1)
  return { kind: 'set', elements }
}

function tally(
  elements: { [element: string]: Tags },
  element: string,
  list: Iterable<Hlc>,
  by: 1 | -1,
): void {
  const tags = { ...elements[element] }
  count(tags, list, by)
  if (Object.keys(tags).length === 0) delete elements[element]
  else elements[element] = tags
}

function removals(list: Extract<Op, { kind: 'set' }>['remove']): ReadonlyMap<string, ReadonlySet<Hlc>> {
  const byElement = new Map<string, Set<Hlc>>()
  for (const { element, tags } of list) {
    const key = canonical(element)
    const seen = byElement.get(key) ?? new Set()
    for (const tag of tags) seen.add(tag)
    byElement.set(key, seen)
  }
  return byElement
}
