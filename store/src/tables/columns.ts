import { DECIMAL_DIGITS } from '@zg/core/decimal'
import type { FieldIR, TypeIR } from '@zg/core/ir/ir'
import { customType } from 'drizzle-orm/pg-core'

/** The SQL type of a field's column, without collation: what parameters are cast to. */
export function castOf({ type, crdt }: FieldIR): string {
  return crdt === 'set' ? `${elementType(type)}[]` : elementType(type)
}

/** The SQL type of one value of a type. */
export function elementType(type: TypeIR): string {
  if (type.kind !== 'scalar') return 'text'
  switch (type.scalar) {
    case 'id':
    case 'string':
      return 'text'
    case 'int':
      return 'integer'
    case 'float':
      return 'double precision'
    case 'boolean':
      return 'boolean'
    case 'datetime':
      return 'timestamp(3) with time zone'
    case 'date':
      return 'date'
    case 'bigint':
      return 'bigint'
    case 'decimal':
      return `numeric(${DECIMAL_DIGITS}, ${type.scale})`
    case 'bytes':
      return 'bytea'
    case 'json':
      return 'jsonb'
  }
}

/** The type a column is declared with: all text compares by bytes, everywhere, whatever the server's locale. */
export function declaredType(cast: string): string {
  return cast.startsWith('text') ? `${cast} collate "C"` : cast
}

/** A column of a type given as SQL. Values are moved by plain SQL (storage, reader), so drizzle needs no mapping. */
export const typed = (name: string, cast: string) =>
  customType<{ data: unknown }>({ dataType: () => declaredType(cast) })(name)
