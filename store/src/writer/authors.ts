import type { Written } from '@zg/core/act/author'
import type { Draft } from '@zg/core/act/overlay'
import { decodeBytes } from '@zg/core/base64url'
import type { Change } from '@zg/core/change/change'
import { clientOf } from '@zg/core/change/kinds/text'
import type { Catalog } from '@zg/core/ir/catalog'
import type { AuthorRequest, Batch, TextAuthor } from '@zg/core/ports/storage'
import { type Problem, problem } from '@zg/core/problem'
import type { Request } from './request.ts'

/** Why an update goes on as a Yjs client that is somebody else's. */
const FOREIGN_CLIENT = 'The update goes on as the Yjs client of somebody else; start with a new clientID'

/**
 * Who has written into texts under which Yjs clients, as far as a batch knows. Texts are prepared before the lock, so two
 * may have come with one new clientID at once: the first to be judged has it.
 */
export interface Authors {
  /** Why these changes may not be written; nothing is wrong with them: they are noted. At once where no text is edited. */
  admit(
    request: Request,
    written: readonly Written[],
    draft: Draft,
  ): readonly Problem[] | Promise<readonly Problem[]>
}

interface Claim extends AuthorRequest {
  readonly text: string
  readonly name: string
}

/** Reads behind the lock what the requests are known to claim, all at once. */
export function openAuthors(
  catalog: Catalog,
  batch: Batch,
  tenant: string,
  requests: readonly Request[],
): Authors {
  const known = new Map<string, TextAuthor | null>()
  const load = async (claims: readonly Claim[]): Promise<void> => {
    const fresh = [...new Map(claims.map(claim => [claim.text, claim])).values()].filter(
      ({ text }) => !known.has(text),
    )
    if (fresh.length === 0) return
    const authors = await batch.textAuthors(tenant, fresh)
    for (const [i, { text }] of fresh.entries()) known.set(text, authors[i] ?? null)
  }
  // What is unfit may be anything.
  const pushed = requests.flatMap(({ work, unfit, broken }) =>
    work.kind === 'changes' && !unfit.length && !broken ? claimsOf(catalog, work.changes) : [],
  )
  const first = load(pushed)
  // Whoever asks first hears of it.
  first.catch(() => {})

  const settle = async (request: Request, claims: readonly Claim[]): Promise<readonly Problem[]> => {
    await first
    await load(claims)
    const { scope, retry } = request
    const own: TextAuthor = { by: scope.principal.id, client: retry?.numbered ? retry.key.client : null }
    const foreign = claims.find(({ text }) => {
      const owner = known.get(text)
      return owner && (owner.by !== own.by || owner.client !== own.client)
    })
    if (foreign) {
      const path = [String(placeOf(request, foreign)), foreign.name, 'update']
      return [problem('BAD_TEXT_UPDATE', path, FOREIGN_CLIENT)]
    }
    for (const { text } of claims) known.set(text, own)
    return []
  }
  return {
    admit: (request, written, draft) => {
      // What was typed into a row that has died has no effect, whoever typed it.
      const edits = written
        .map(({ change }) => change)
        .filter(change => change.ops.some(({ kind }) => kind === 'text') && !draft.instance(change).dead)
      const claims = claimsOf(catalog, edits)
      return claims.length ? settle(request, claims) : []
    },
  }
}

function claimsOf(catalog: Catalog, changes: readonly Change[]): readonly Claim[] {
  return changes.flatMap(({ entity, key, ops }) =>
    ops.flatMap((op): readonly Claim[] => {
      const update = op.kind === 'text' ? decodeBytes(op.update) : null
      const client = update && clientOf(update)
      if (client === null) return []
      const name = catalog.entityByNumber(entity)?.fieldsByNumber.get(op.field)?.name ?? String(op.field)
      const text = JSON.stringify([entity, key, op.field, client])
      return [{ entity, key, field: op.field, client, text, name }]
    }),
  )
}

/** The index of the change, or of the act, that edits the text. */
function placeOf({ work }: Request, { entity, key, field, name }: Claim): number {
  if (work.kind === 'acts') {
    return work.acts.findIndex(
      act => act.kind !== 'delete' && act.id === key && Object.hasOwn(act.fields, name),
    )
  }
  return work.changes.findIndex(
    one => one.entity === entity && one.key === key && one.ops.some(op => op.field === field),
  )
}
