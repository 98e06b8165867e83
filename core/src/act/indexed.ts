import type { EntityIR, FieldIR } from '../ir/ir.ts'
import { canonical, type Json } from '../json.ts'

/**
 * Bytes that the texts of one index may have together. Postgres' btree refuses entries of more than 2,704 bytes, and
 * the tenant (768 at most), the id and other columns need room, too. As canonical JSON: claims are kept in it, and
 * have even less room (core/act/claim).
 */
const INDEX_BYTES = 1_000

const known = new WeakMap<EntityIR, ReadonlyMap<string, number>>()

/** How many bytes too long a text is for the indexes that its field is in; 0 if it fits. */
export function excess(entity: EntityIR, { name }: FieldIR, value: Json): number {
  const limit = limits(entity).get(name)
  // A unit of UTF-16 is at most six bytes of JSON; most values need not be encoded to know.
  if (limit === undefined || typeof value !== 'string' || value.length * 6 + 2 <= limit) return 0
  return Math.max(0, new TextEncoder().encode(canonical(value)).length - limit)
}

/** The texts of an index, of a natural key or of a unique key share its bytes evenly. */
function limits(entity: EntityIR): ReadonlyMap<string, number> {
  const present = known.get(entity)
  if (present) return present
  const found = new Map<string, number>()
  const lists = [
    entity.key,
    ...entity.indexes.filter(({ kind, unique }) => kind === 'btree' || unique).map(({ on }) => on),
  ]
  for (const on of lists) {
    const texts = entity.fields.filter(field => on.includes(field.name) && isText(field))
    const limit = Math.floor(INDEX_BYTES / texts.length)
    for (const { name } of texts) found.set(name, Math.min(limit, found.get(name) ?? limit))
  }
  known.set(entity, found)
  return found
}

function isText({ type }: FieldIR): boolean {
  return type.kind === 'scalar' && (type.scalar === 'string' || type.scalar === 'bytes')
}
