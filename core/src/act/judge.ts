import type { Catalog } from '../ir/catalog.ts'
import type { Problem } from '../problem.ts'
import type { Act } from './act.ts'
import { type Authorship, createAuthor, type Written } from './author.ts'
import { settleClaims } from './claim.ts'
import { create } from './create.ts'
import { holderOf, withId } from './given.ts'
import { MUTATION_BYTES, MUTATION_LIMIT, STRETCH } from './limit.ts'
import { type Needs, NO_NEEDS } from './needs.ts'
import type { Draft } from './overlay.ts'
import { remove } from './remove.ts'
import type { Step, Superseded } from './step.ts'
import { update } from './update.ts'

/** A mutation's changes, or why it was refused whole. */
export type Judgement =
  | {
      readonly kind: 'accepted'
      readonly written: readonly Written[]
      /** The row each act was about, done or not. */
      readonly ids: readonly string[]
      readonly superseded: readonly Superseded[]
    }
  | { readonly kind: 'refused'; readonly problems: readonly Problem[] }

/**
 * Judges one mutation, whose acts have passed `checkActs`, against a draft, act by act, each seeing its predecessors' effects. A generator, so that
 * it stays pure: it yields what it must know next and goes on once the caller has loaded that into the overlay. From time to
 * time that is nothing, so that whoever judges a large mutation can let others have a turn.
 * The first act with problems ends it; the caller drops the draft then.
 */
export function* judge(
  catalog: Catalog,
  acts: readonly Act[],
  draft: Draft,
  authorship: Authorship,
): Generator<Needs, Judgement, void> {
  const author = createAuthor(authorship, draft)
  const ids: string[] = []
  const superseded: Superseded[] = []
  const holders = acts.some(({ given }) => given) ? yield* holdersOf(catalog, draft, acts) : NONE
  for (let i = 0; i < acts.length; i++) {
    const { act, done } = chosen(acts[i] as Act, holders)
    ids.push(act.id)
    if (i % STRETCH === STRETCH - 1) yield NO_NEEDS
    if (!done) continue
    const step: Step = { catalog, draft, author, superseded, path: [String(i)] }
    const problems = yield* perform(step, act)
    if (problems.length) return { kind: 'refused', problems }
    if (author.written.length > MUTATION_LIMIT || author.exceeds(MUTATION_BYTES)) {
      return { kind: 'refused', problems: [tooLarge(step)] }
    }
  }
  const taken = yield* settleClaims(catalog, draft, author)
  if (taken.length) return { kind: 'refused', problems: taken }
  return { kind: 'accepted', written: author.written, ids, superseded }
}

const NONE: ReadonlyMap<string, string | null> = new Map()

/** The rows that conditions name, before any act is done: none of this mutation changes what the others are given. */
function* holdersOf(
  catalog: Catalog,
  draft: Draft,
  acts: readonly Act[],
): Generator<Needs, ReadonlyMap<string, string | null>, void> {
  const holders = new Map<string, string | null>()
  for (const { given } of acts) {
    if (given && !holders.has(given.id)) holders.set(given.id, yield* holderOf(catalog, draft, given))
  }
  return holders
}

function chosen(
  act: Act,
  holders: ReadonlyMap<string, string | null>,
): { readonly act: Act; readonly done: boolean } {
  const { given } = act
  if (!given) return { act, done: true }
  const holder = holders.get(given.id) ?? null
  const there = holder !== null
  return { act: there ? withId(act, given.id, holder) : act, done: there === given.there }
}

function perform(step: Step, act: Act): Generator<Needs, readonly Problem[], void> {
  switch (act.kind) {
    case 'create':
      return create(step, act)
    case 'update':
      return update(step, act)
    case 'delete':
      return remove(step, act)
  }
}

function tooLarge({ path }: Step): Problem {
  const message = `One mutation may make ${MUTATION_LIMIT} changes of ${MUTATION_BYTES} bytes at most; split it`
  return { code: 'TOO_LARGE', message, path }
}
