import type { Hlc } from '../change/clock.ts'
import type { Catalog, EntityView } from '../ir/catalog.ts'
import type { Author } from './author.ts'
import type { Address, Needs } from './needs.ts'
import type { Draft } from './overlay.ts'

/** A field whose new value does not show: a later stamp stood there already, or the row is dead. */
export interface Superseded {
  readonly entity: string
  readonly id: string
  readonly field: string
}

/** One act being performed. */
export interface Step {
  readonly catalog: Catalog
  readonly draft: Draft
  readonly author: Author
  /** Of the whole mutation: fields whose new values do not show. */
  readonly superseded: Superseded[]
  /** Where the act stands in the mutation; problems' paths start with it. */
  readonly path: readonly string[]
}

/** What to ask for, to be yielded: facts that are not here. Mostly all are. */
export function need(draft: Draft, needs: Partial<Needs>): readonly Needs[] {
  const lacking = draft.missing(needs)
  return lacking ? [lacking] : NONE
}

const NONE: readonly never[] = []

/** Those of these tags whose adds the author had seen. */
export function* seenTags(
  { draft, author }: Step,
  tags: readonly Hlc[],
): Generator<Needs, readonly Hlc[], void> {
  if (!author.apart || tags.length === 0) return tags
  yield* need(draft, { stamps: tags })
  return tags.filter(tag => author.saw(draft.logged(tag)))
}

export function rowAddress(entity: EntityView, id: string): Address {
  return { entity: entity.ir.number, key: id }
}
