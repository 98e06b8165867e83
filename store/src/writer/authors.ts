import type { Written } from '@zg/core/act/author'
import type { Address } from '@zg/core/act/needs'
import type { Draft } from '@zg/core/act/overlay'
import { decodeBytes } from '@zg/core/base64url'
import type { Change } from '@zg/core/change/change'
import { clientOf } from '@zg/core/change/kinds/text'
import type { Catalog } from '@zg/core/ir/catalog'
import type { AuthorRequest, Batch, TextAuthor } from '@zg/core/ports/storage'
import { type Problem, problem } from '@zg/core/problem'
import type { Repeat } from '../text/prepare.ts'
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

/** An edit, and the claims of which one must be its author's own. */
interface Repeated {
  readonly repeat: Repeat
  readonly claims: readonly Claim[]
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

  const settle = async (
    request: Request,
    claims: readonly Claim[],
    repeated: readonly Repeated[],
  ): Promise<readonly Problem[]> => {
    await first
    await load([...claims, ...repeated.flatMap(one => one.claims)])
    const { scope, retry } = request
    const own: TextAuthor = { by: scope.principal.id, client: retry?.numbered ? retry.key.client : null }
    const isForeign = ({ text }: Claim) => {
      const owner = known.get(text)
      return owner && (owner.by !== own.by || owner.client !== own.client)
    }
    const foreign = claims.find(isForeign)
    if (foreign) return [foreignClient(placeOf(request, foreign), foreign)]
    const other = repeated.find(one => one.claims.every(isForeign))
    if (other) return [foreignClient(other.repeat.at, other.repeat)]
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
      const repeated = request.repeats.filter(one => lives(draft, one)).map(repeatedOf)
      return claims.length || repeated.length ? settle(request, claims, repeated) : []
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
      return [claimOf({ entity, key, field: op.field, client }, name)]
    }),
  )
}

function claimOf(asked: AuthorRequest, name: string): Claim {
  const { entity, key, field, client } = asked
  return { ...asked, text: JSON.stringify([entity, key, field, client]), name }
}

/** Judging an upsert may have led to another row than the one its text was prepared for: that one it says nothing about. */
function lives(draft: Draft, address: Address): boolean {
  const isLoaded = draft.missing({ instances: [address] }) === null
  return isLoaded && draft.instance(address).dead === null
}

function repeatedOf(repeat: Repeat): Repeated {
  const { entity, key, field, name, among } = repeat
  return { repeat, claims: among.map(client => claimOf({ entity, key, field, client }, name)) }
}

function foreignClient(at: number, { name }: { readonly name: string }): Problem {
  return problem('BAD_TEXT_UPDATE', [String(at), name, 'update'], FOREIGN_CLIENT)
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
