import type { Catalog } from '../ir/catalog.ts'
import type { Problem } from '../problem.ts'
import type { Act } from './act.ts'
import { type Authorship, createAuthor, type Written } from './author.ts'
import { create } from './create.ts'
import { MUTATION_BYTES, MUTATION_LIMIT } from './limit.ts'
import type { Needs } from './needs.ts'
import type { Draft } from './overlay.ts'
import { remove } from './remove.ts'
import type { Step } from './step.ts'
import { update } from './update.ts'

/** A mutation's changes, or why it was refused whole. */
export type Judgement =
  | { readonly kind: 'accepted'; readonly written: readonly Written[] }
  | { readonly kind: 'refused'; readonly problems: readonly Problem[] }

/**
 * Judges one mutation, whose acts have passed `checkActs`, against a draft, act by act, each seeing its predecessors' effects. A generator, so that
 * it stays pure: it yields what it must know next and goes on once the caller has loaded that into the overlay.
 * The first act with problems ends it; the caller drops the draft then.
 */
export function* judge(
  catalog: Catalog,
  acts: readonly Act[],
  draft: Draft,
  authorship: Authorship,
): Generator<Needs, Judgement, void> {
  const author = createAuthor(authorship, draft)
  for (const [i, act] of acts.entries()) {
    const step: Step = { catalog, draft, author, path: [String(i)] }
    const problems = yield* perform(step, act)
    if (problems.length) return { kind: 'refused', problems }
    if (author.written.length > MUTATION_LIMIT || author.bytes() > MUTATION_BYTES) {
      return { kind: 'refused', problems: [tooLarge(step)] }
    }
  }
  return { kind: 'accepted', written: author.written }
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
