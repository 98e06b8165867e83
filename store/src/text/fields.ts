import { encodeBytes } from '@zg/core/base64url'
import type { EntityView } from '@zg/core/ir/catalog'
import type { FieldIR } from '@zg/core/ir/ir'
import type { Json } from '@zg/core/json'
import type { StoredText, TextRequest } from '@zg/core/ports/storage'
import { type Row, stateOf, textOfState } from '@zg/core/query/query'
import type { Texts } from './texts.ts'

/** The fields of a read, with the texts apart: those come from their updates, exactly, and not from a column. */
export interface FieldPlan {
  readonly columns: readonly string[]
  readonly texts: readonly FieldIR[]
  /** Somebody wants a Yjs state. */
  readonly states: boolean
}

export function planFields({ fields }: EntityView, wanted: readonly string[]): FieldPlan {
  const columns: string[] = []
  const texts = new Map<string, FieldIR>()
  let states = false
  for (const name of wanted) {
    const state = textOfState(name)
    const field = fields.get(state ?? name)
    if (field?.crdt !== 'text') {
      columns.push(name)
      continue
    }
    texts.set(field.name, field)
    states ||= state !== null
  }
  return { columns, texts: [...texts.values()], states }
}

export interface TextLoad {
  readonly texts: Texts
  readonly tenant: string
  /** Position of the rows; null: the head, as the session sees it. */
  readonly at: number | null
  load(requests: readonly TextRequest[]): Promise<readonly StoredText[]>
}

/** The same rows with these texts in them, and their states. One load, however many rows. */
export async function withTexts<R extends Row>(
  { texts, tenant, at, load }: TextLoad,
  entity: EntityView,
  fields: readonly FieldIR[],
  rows: readonly R[],
): Promise<readonly Row[]> {
  if (!fields.length || !rows.length) return rows
  const ids = [...new Set(rows.map(({ id }) => id))]
  const requests = ids.flatMap(key =>
    fields.map((field): TextRequest => ({ entity: entity.ir.number, key, field: field.number, at })),
  )
  const stored = await load(requests)
  const contents = await texts.open(
    tenant,
    requests.map((request, i) => ({ ...request, ...(stored[i] as StoredText) })),
  )
  const byId = new Map(
    ids.map((id, i) => {
      const members: { [field: string]: Json } = {}
      for (const [j, { name }] of fields.entries()) {
        const content = contents[i * fields.length + j]
        members[name] = content?.plain ?? ''
        members[stateOf(name)] = encodeBytes(content?.state ?? new Uint8Array())
      }
      return [id, members]
    }),
  )
  return rows.map(row => ({ ...row, ...byId.get(row.id) }))
}
