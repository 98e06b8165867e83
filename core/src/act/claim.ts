import type { Instance } from '../change/instance.ts'
import { visible } from '../change/merge.ts'
import type { Catalog, EntityView } from '../ir/catalog.ts'
import type { EntityIR } from '../ir/ir.ts'
import { type UniqueKey, uniqueKeys } from '../ir/unique.ts'
import { canonical, type Json } from '../json.ts'
import { type Problem, problem } from '../problem.ts'
import type { Author, Cause } from './author.ts'
import type { ClaimKey, Needs } from './needs.ts'
import type { Draft, Moved } from './overlay.ts'
import { need } from './step.ts'

/** Longer claims (UTF-8 bytes) have no place in an index of Postgres. */
const CLAIM_LIMIT = 1_024

/** What a row with these values claims; null when one is missing: nothing. Values in the order of `key.on`. */
export function claimOf({ index }: Pick<UniqueKey, 'index'>, values: readonly Json[]): ClaimKey | null {
  return values.includes(null) ? null : { index, value: canonical(values) }
}

/** What a row claims that refers to `target` by its one-to-one `field`. */
export function oneToOneClaim(entity: EntityIR, field: string, target: string): ClaimKey {
  const key = uniqueKeys(entity).find(({ on }) => on.length === 1 && on[0]?.name === field)
  const claim = key && claimOf(key, [target])
  if (!claim) throw new Error(`${entity.name}.${field} is no one-to-one`)
  return claim
}

/**
 * Moves the claims of all rows a mutation has changed, once its last act is done: the final state decides, so that
 * two rows may swap values, and nobody is refused for what he has given up again. `UNIQUE_TAKEN` at the member
 * that was written last.
 */
export function* settleClaims(
  catalog: Catalog,
  draft: Draft,
  author: Author,
): Generator<Needs, readonly Problem[], void> {
  const moves = draft.moved(entity => claims(catalog, entity)).flatMap(row => movesOf(catalog, row))
  if (moves.length === 0) return []
  const taken = moves.flatMap(({ after }) => after ?? [])
  const tooLong = moves.filter(({ after }) => after !== null && isTooLong(after))
  if (tooLong.length) return tooLong.map(move => refusal(author, move, 'TOO_LONG', TOO_LONG))
  yield* need(draft, { claims: taken })
  for (const { before } of moves) if (before) draft.setClaim(before, null)
  const problems: Problem[] = []
  for (const move of moves) {
    if (!move.after) continue
    const holder = draft.claim(move.after)
    if (holder === null || holder === move.row.key) draft.setClaim(move.after, move.row.key)
    else problems.push(refusal(author, move, 'UNIQUE_TAKEN', takenBy(move)))
  }
  return problems
}

interface Move {
  readonly row: Moved
  readonly entity: EntityView
  readonly key: UniqueKey
  readonly before: ClaimKey | null
  readonly after: ClaimKey | null
}

function claims(catalog: Catalog, number: number): boolean {
  const entity = catalog.entityByNumber(number)
  return entity !== undefined && uniqueKeys(entity.ir).length > 0
}

function movesOf(catalog: Catalog, row: Moved): readonly Move[] {
  const entity = catalog.entityByNumber(row.entity)
  if (!entity) return []
  return uniqueKeys(entity.ir).flatMap(key => {
    const before = held(key, row.before)
    const after = held(key, row.after)
    return before?.value === after?.value ? [] : [{ row, entity, key, before, after }]
  })
}

function held(key: UniqueKey, instance: Instance): ClaimKey | null {
  if (!visible(instance)) return null
  const values = key.on.map(({ number }) => {
    const cell = instance.cells[number]
    return cell?.kind === 'register' ? cell.value : null
  })
  return claimOf(key, values)
}

function isTooLong({ value }: ClaimKey): boolean {
  return value.length > CLAIM_LIMIT || new TextEncoder().encode(value).length > CLAIM_LIMIT
}

const TOO_LONG = `A unique value takes ${CLAIM_LIMIT} bytes at most; shorten it`

function takenBy({ entity, key: { on } }: Move): string {
  const names = on.map(({ name }) => name).join(' and ')
  return `Another ${entity.name} has this ${names} already; choose another, or release it there first`
}

function refusal(author: Author, { row, key }: Move, code: string, message: string): Problem {
  let last: Cause | undefined
  let path: readonly string[] = []
  for (const { name, number } of key.on) {
    const cause = author.causeOf(row, number)
    // Acts are done in order, so the later one has the greater index.
    if (!cause || (last && Number(cause.at[0]) < Number(last.at[0]))) continue
    last = cause
    path = cause.own ? [...cause.at, name] : cause.at
  }
  // All fields came before the row did: its create is what made them count.
  return problem(code, last ? path : (author.causeOf(row, 0)?.at ?? []), message)
}
