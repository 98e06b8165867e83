import type { Address } from '@zg/core/act/needs'
import type { Change, Op } from '@zg/core/change/change'
import { type Hlc, hlcToUuid, uuidToHlc } from '@zg/core/change/clock'
import { type Instance, NOTHING } from '@zg/core/change/instance'
import { undo } from '@zg/core/change/merge'
import type { Json } from '@zg/core/json'
import type { Entry } from '@zg/core/ports/storage'
import { plainArray, textArray } from './parameter.ts'
import type { Session } from './session.ts'

/** A row or an edge as it is now, on its way back to a position. */
interface Past {
  readonly address: Address
  readonly current: Instance
  /** Changes behind that position, each once. In the end, of those to a field, at least the first. */
  readonly later: Map<number, Later>
}

type Later = Pick<Entry, 'seq' | 'change' | 'before'>

/**
 * Takes images back from the head of the snapshot that `session` is to an earlier position. Of the changes behind it
 * only the first one to each field matters: what it overwrote is what stood there. Most rows have one or none. Of a row that
 * changes all the time a register says by its clock whether it has been written since; any other field is looked for,
 * change by change, from the position on: about 2 us for each change of that row that it is not in.
 */
export async function takenBack(
  session: Session,
  tenant: string,
  at: number,
  addresses: readonly Address[],
  current: Promise<readonly Instance[]>,
): Promise<readonly Instance[]> {
  // Asked together: most rows have not been touched since, but only the log knows.
  const [instances, first] = await Promise.all([current, firstAfter(session, tenant, at, addresses)])
  if (!first.length) return instances
  const pasts = addresses.map(
    (address, i): Past => ({ address, current: instances[i] ?? NOTHING, later: new Map() }),
  )
  for (const row of first) note(pasts[Number(row.n) - 1], laterOf(row))
  const open = pasts.filter(isOpen)
  if (open.length) {
    const dead = open.filter(({ current: { dead } }) => dead !== null)
    await noteMatches(
      session,
      tenant,
      at,
      dead.map(past => ({ past, sought: DELETE })),
    )
    await noteMatches(session, tenant, at, await unsettled(session, tenant, at, open))
  }
  return pasts.map(imageOf)
}

/** What is known of its later changes, taken back newest first. */
function imageOf({ current, later }: Past): Instance {
  return [...later.values()]
    .sort((a, b) => b.seq - a.seq)
    .reduce((image, { change, before }) => undo(image, change, before), current)
}

/** Of so many later changes all are looked at: if there are fewer, these are all. */
const FEW = 2

/** Whether changes may be missing that matter. A delete overwrote all there was; to what was not there nothing was done. */
function isOpen({ later }: Past): boolean {
  if (later.size < FEW) return false
  return ![...later.values()].some(({ change, before }) => before === null || change.ops.some(isDelete))
}

function isDelete({ kind }: Op): boolean {
  return kind === 'delete'
}

async function firstAfter(
  session: Session,
  tenant: string,
  at: number,
  addresses: readonly Address[],
): Promise<readonly LaterRow[]> {
  return session.query<LaterRow>(
    `select u.n, l.seq, l.change, l.before
    from unnest($3::int[], $4::text[]) with ordinality as u(entity, key, n)
    cross join lateral (
      select seq, change, before from zg.log
      where tenant = $1 and entity = u.entity and key = u.key and seq > $2::bigint order by seq limit ${FEW}
    ) l`,
    [tenant, at, ...listed(addresses)],
  )
}

/** What the first change is to be found by: what it does, and a text that is in its JSON if it does. */
interface Sought {
  readonly mark: string
  has(op: Op): boolean
}

const DELETE: Sought = { mark: '"delete"', has: isDelete }

function toField(field: number): Sought {
  return { mark: `"field":${field}`, has: op => op.field === field }
}

interface Search {
  readonly past: Past
  readonly sought: Sought
}

/** Notes the first change behind a position that does what is sought, if there is one. */
async function noteMatches(
  session: Session,
  tenant: string,
  at: number,
  searches: readonly Search[],
): Promise<void> {
  let open = searches.map(search => ({ ...search, after: at }))
  while (open.length) {
    const rows = await session.query<LaterRow>(
      `select u.n, l.seq, l.change, l.before
      from unnest($2::int[], $3::text[], $4::bigint[], $5::text[]) with ordinality as u(entity, key, after, mark, n)
      cross join lateral (
        select seq, change, before from zg.log
        where tenant = $1 and entity = u.entity and key = u.key and seq > u.after
          and strpos(change::text, u.mark) > 0
        order by seq limit 1
      ) l`,
      [
        tenant,
        ...listed(open.map(({ past }) => past.address)),
        plainArray(open.map(({ after }) => after)),
        textArray(open.map(({ sought }) => sought.mark)),
      ],
    )
    // Field 12 has the mark of field 1, and a document may hold any.
    open = rows.flatMap(row => {
      const search = open[Number(row.n) - 1]
      const found = laterOf(row)
      if (!search) return []
      if (!found.change.ops.some(search.sought.has)) return [{ ...search, after: found.seq }]
      note(search.past, found)
      return []
    })
  }
}

/** The fields whose first later change is not known, but for those that have had none. */
async function unsettled(
  session: Session,
  tenant: string,
  at: number,
  pasts: readonly Past[],
): Promise<readonly Search[]> {
  const fields = pasts.flatMap(past => {
    const known = new Set(
      [...past.later.values()].flatMap(({ change }) => change.ops.map(({ field }) => field)),
    )
    // Of one that is dead now: as it was before its death.
    return Object.entries(imageOf(past).cells).flatMap(([field, cell]) =>
      known.has(Number(field)) ? [] : [{ past, field: Number(field), cell }],
    )
  })
  const clocks = fields.flatMap(({ cell }) => (cell.kind === 'register' ? [cell.at] : []))
  const old = await loggedUpTo(session, tenant, at, clocks)
  return fields
    .filter(({ cell }) => cell.kind !== 'register' || !old.has(cell.at))
    .map(({ past, field }) => ({ past, sought: toField(field) }))
}

/** Which of these changes were logged by then. A register that shows such a one has not been overwritten since. */
async function loggedUpTo(
  session: Session,
  tenant: string,
  at: number,
  ids: readonly Hlc[],
): Promise<ReadonlySet<Hlc>> {
  if (!ids.length) return new Set()
  const rows = await session.query<{ id: string }>(
    'select id from zg.log where tenant = $1 and id = any($2::uuid[]) and seq <= $3::bigint',
    [tenant, plainArray([...new Set(ids)].map(hlcToUuid)), at],
  )
  return new Set(rows.map(({ id }) => uuidToHlc(id)))
}

type LaterRow = { readonly n: string; readonly seq: string; readonly change: Json; readonly before: Json }

function laterOf({ seq, change, before }: LaterRow): Later {
  return {
    seq: Number(seq),
    change: change as unknown as Change,
    before: before as unknown as Entry['before'],
  }
}

function note(past: Past | undefined, later: Later): void {
  past?.later.set(later.seq, later)
}

/** Entities and keys, each as one parameter. */
function listed(addresses: readonly Address[]): readonly [string, string] {
  return [plainArray(addresses.map(({ entity }) => entity)), textArray(addresses.map(({ key }) => key))]
}
