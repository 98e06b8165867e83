import type { Op } from '../change/change.ts'
import type { Cell, Instance } from '../change/instance.ts'
import { applyJson, documentOf } from '../change/kinds/json.ts'
import { areApart, isPointer, POINTER_DEPTH } from '../change/pointer.ts'
import { isList } from '../json.ts'
import { parseJson } from '../jsonValue.ts'
import { type Problem, problem } from '../problem.ts'
import type { FieldAct } from './act.ts'
import { printable } from './printable.ts'

/** Places that a document keeps, removed ones included (`TOO_LARGE`); assigning all of it anew forgets them. */
const PLACES_LIMIT = 1_000

/** Above every stamp. */
const LAST = `7${'Z'.repeat(25)}`

/** What can be said of assignments without the document. */
export function checkPlaces(
  { set, remove }: Extract<FieldAct, { kind: 'assign' }>,
  path: readonly string[],
): readonly Problem[] {
  const places = [...set.map(({ path: place }) => place), ...remove]
  const bad = places.find(place => !isPointer(place))
  if (bad !== undefined) {
    const message = `${JSON.stringify(bad)} is no JSON Pointer through ${POINTER_DEPTH} members at most; write '/address/city', or '' for all of it`
    return [problem('BAD_VALUE', path, message)]
  }
  if (!areApart(places)) {
    const message = `${path.at(-1)} names a place twice, or one inside another; assign the outer one`
    return [problem('BAD_VALUE', path, message)]
  }
  return set.flatMap(({ path: place, value }) => {
    const parsed = parseJson(value)
    if (!parsed.ok) {
      return [problem('BAD_VALUE', [...path, place, ...parsed.path.map(printable)], parsed.message)]
    }
    const isObject = typeof value === 'object' && value !== null && !isList(value)
    return place === '' && !isObject
      ? [problem('BAD_VALUE', [...path, place], `${path.at(-1)} is an object as a whole`)]
      : []
  })
}

/** As `excessiveDocument`, of an op that is not stamped yet: it will be above what is there. */
export function outgrowing(
  { cells }: Instance,
  op: Extract<Op, { kind: 'json' }>,
  path: readonly string[],
): readonly Problem[] {
  const before = cells[op.field]
  return excessiveDocument(before, applyJson(before?.kind === 'json' ? before : undefined, op, LAST), path)
}

/** A document that outgrows its limits. O(document). */
export function excessiveDocument(
  before: Cell | undefined,
  after: Cell | undefined,
  path: readonly string[],
): readonly Problem[] {
  if (after?.kind !== 'json') return []
  const places = Object.keys(after.paths).length
  if (places > PLACES_LIMIT && places > (before?.kind === 'json' ? Object.keys(before.paths).length : 0)) {
    const message = `A document keeps ${PLACES_LIMIT} places at most; assign larger parts of it, or all of it, at once`
    return [problem('TOO_LARGE', path, message)]
  }
  const parsed = parseJson(documentOf(after))
  return parsed.ok ? [] : [problem('TOO_LARGE', path, parsed.message)]
}
