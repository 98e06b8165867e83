import type { TextContent } from '@zg/core/change/kinds/text'
import type { TextAddress } from '@zg/core/ports/storage'
import type { Session } from '../session.ts'

/** An update as it is kept. */
export interface KeptUpdate extends TextAddress {
  readonly seq: number
  readonly update: Uint8Array
  /** The fold that ends with it. */
  readonly fold: (TextContent & { readonly bytes: number }) | null
  /** Of its text. */
  readonly isFirst: boolean
  readonly isLast: boolean
}

/** Updates that are read at once. */
const PAGE = 500

type Row = {
  entity: number
  key: string
  field: number
  seq: string
  update: string
  bytes: string | null
  plain: string | null
  state: string | null
}

/** All updates of a tenant's texts, text by text, in the order they were made. In memory is one page. */
export async function* keptUpdates(session: Session, tenant: string): AsyncGenerator<KeptUpdate, void, void> {
  let before: Row | null = null
  let held: Row | null = null
  for (;;) {
    const page: readonly Row[] = await session.query<Row>(
      `select t.entity, t.key, t.field, t.seq, encode(t.update, 'base64') as update,
        f.bytes, f.plain, encode(f.snapshot, 'base64') as state
      from zg.text t left join zg.text_fold f
        on f.tenant = t.tenant and f.key = t.key and f.entity = t.entity and f.field = t.field and f.seq = t.seq
      where t.tenant = $1 and (t.key, t.entity, t.field, t.seq) > ($2::text, $3::int, $4::int, $5::bigint)
      order by t.key, t.entity, t.field, t.seq limit ${PAGE}`,
      [tenant, held?.key ?? '', held?.entity ?? 0, held?.field ?? 0, held?.seq ?? '0'],
    )
    for (const row of page) {
      if (held) yield keptUpdate(held, before, row)
      before = held
      held = row
    }
    if (page.length < PAGE) break
  }
  if (held) yield keptUpdate(held, before, null)
}

function keptUpdate(row: Row, before: Row | null, next: Row | null): KeptUpdate {
  const { entity, key, field, seq, update, bytes, plain, state } = row
  return {
    entity: Number(entity),
    key,
    field: Number(field),
    seq: Number(seq),
    update: bytesOf(update),
    fold: plain === null || state === null ? null : { plain, state: bytesOf(state), bytes: Number(bytes) },
    isFirst: !isSameText(row, before),
    isLast: !isSameText(row, next),
  }
}

function isSameText(one: Row, other: Row | null): boolean {
  return other !== null && one.key === other.key && one.entity === other.entity && one.field === other.field
}

function bytesOf(base64: string): Uint8Array {
  return new Uint8Array(Buffer.from(base64, 'base64'))
}
