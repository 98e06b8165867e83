import type { Act, FieldAct } from '@zg/core/act/act'
import { subjectOf } from '@zg/core/act/ofChange'
import { encodeBytes } from '@zg/core/base64url'
import type { Change, Op } from '@zg/core/change/change'
import { parseChange } from '@zg/core/change/parse'
import type { Catalog } from '@zg/core/ir/catalog'
import type { Push, Work } from '@zg/core/ports/writer'
import type { Problem } from '@zg/core/problem'
import { type Asked, editsTexts, type Prepared, type Repeat } from './prepare.ts'

/** A push whose edits of texts were admitted, and why others were not: that only matters if their row lives. */
export interface PreparedPush {
  readonly work: Work
  readonly unfit: readonly Problem[]
  readonly repeats: readonly Repeat[]
}

/** An update that says nothing: no structs, nothing deleted. */
const NOTHING_NEW = encodeBytes(Uint8Array.of(0, 0))

/** Never throws, whatever it is given. O(ops). */
export function pushesTexts({ work }: Push): boolean {
  if (work.kind === 'acts') return editsTexts({ acts: work.acts })
  try {
    return work.changes.some(({ ops }) => ops.some(({ kind }) => kind === 'text'))
  } catch {
    return false
  }
}

/** As `prepareTexts` does for acts. Changes keep their place and stamp; of their updates stays what is new. */
export async function preparePush(
  catalog: Catalog,
  prepare: (asked: Asked, rows: ReadonlyMap<number, string>) => Promise<Prepared>,
  { scope, work }: Push,
  rows: ReadonlyMap<number, string>,
): Promise<PreparedPush> {
  if (work.kind === 'acts') {
    const { acts, ...judged } = await prepare({ scope, acts: work.acts }, rows)
    return { work: { kind: 'acts', acts }, ...judged }
  }
  const { changes } = work
  const edits = editsIn(catalog, changes)
  // What is unfit anyway must reach no statement; the writer says why.
  if (!edits) return { work, unfit: [], repeats: [] }
  const { acts, unfit, repeats } = await prepare({ scope, acts: edits.map(({ act }) => act) }, rows)
  const admitted = new Map(edits.map(({ at }, i) => [at, acts[i]]))
  const placeOf = (i: number): number => edits[i]?.at ?? i
  const inPlace = ({ code, message, path: [i = '', ...rest] }: Problem): Problem => ({
    code,
    message,
    path: [String(placeOf(Number(i))), ...rest],
  })
  return {
    work: {
      kind: 'changes',
      changes: changes.map((change, i) => withUpdates(catalog, change, admitted.get(i))),
    },
    unfit: unfit.map(inPlace),
    repeats: repeats.map(repeat => ({ ...repeat, at: placeOf(repeat.at) })),
  }
}

/** The acts behind the changes that edit texts; null if not all are changes of this model. */
function editsIn(
  catalog: Catalog,
  changes: readonly unknown[],
): readonly { readonly at: number; readonly act: Act }[] | null {
  const edits: { readonly at: number; readonly act: Act }[] = []
  for (const [at, value] of changes.entries()) {
    const change = parseChange(value)
    if ('code' in change) return null
    const subject = subjectOf(catalog, change, [])
    if (!('kind' in subject)) return null
    if (subject.kind === 'row' && editsTexts({ acts: [subject.act] })) edits.push({ at, act: subject.act })
  }
  return edits
}

function withUpdates(catalog: Catalog, change: Change, act: Act | undefined): Change {
  if (!act || act.kind === 'delete') return change
  const fields = catalog.entityByNumber(change.entity)?.fieldsByNumber
  const ops = change.ops.map((op): Op => {
    if (op.kind !== 'text') return op
    const name = fields?.get(op.field)?.name ?? ''
    const admitted: FieldAct | undefined = Object.hasOwn(act.fields, name) ? act.fields[name] : undefined
    const fresh = admitted?.kind === 'text' && admitted.admitted === change.key ? admitted.update : null
    return { ...op, update: fresh ?? NOTHING_NEW }
  })
  return { ...change, ops }
}
