import type { Catalog, EntityView } from '../ir/catalog.ts'
import type { Author } from './author.ts'
import type { Address, Needs } from './needs.ts'
import { NO_NEEDS } from './needs.ts'
import type { Draft } from './overlay.ts'

/** One act being performed. */
export interface Step {
  readonly catalog: Catalog
  readonly draft: Draft
  readonly author: Author
  /** Where the act stands in the mutation; problems' paths start with it. */
  readonly path: readonly string[]
}

/** Asks for facts unless they are here. */
export function* need(draft: Draft, needs: Partial<Needs>): Generator<Needs, void, void> {
  const lacking = draft.missing({ ...NO_NEEDS, ...needs })
  if (lacking) yield lacking
}

export function rowAddress(entity: EntityView, id: string): Address {
  return { entity: entity.ir.number, key: id }
}
