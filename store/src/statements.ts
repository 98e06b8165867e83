import type { Query } from '@zg/core/query/query'
import { type Select, type Sent, select, selectRows } from './compile/select.ts'
import type { Sheet } from './compile/sheet.ts'
import type { SqlValue } from './session.ts'
import type { Layout } from './tables/layout.ts'

/** A compiled select, for any tenant and any parents. */
export interface Statement extends Omit<Select, 'values'> {
  /** The values to send with it; `ids` as an array literal. */
  bind(tenant: string, ids: string): readonly SqlValue[]
}

/** Compiled selects, kept: writing one takes longer than running it. */
export interface Statements {
  pages(query: Query, form: Sheet['form']): Statement
  rows(entity: string, fields: readonly string[], form: Sheet['form']): Statement
}

/** So many are kept, the oldest goes first; filters have values in them and are many. */
const KEPT = 1_000
/** Characters of what is asked: a list of a thousand ids is not going to be asked again. */
const LONGEST = 2_000

export function createStatements(tables: Layout): Statements {
  const kept = new Map<string, Statement>()
  const statement = (key: string, make: (sent: Sent) => Select, form: Sheet['form']): Statement => {
    const known = kept.get(key)
    if (known) return known
    const made = bindable(make({ tenant: TENANT, ids: IDS, form }))
    if (key.length > LONGEST) return made
    for (const oldest of kept.size >= KEPT ? kept.keys() : []) {
      kept.delete(oldest)
      break
    }
    kept.set(key, made)
    return made
  }
  return {
    pages: (query, form) =>
      statement(JSON.stringify([form, asked(query)]), sent => select(tables, sent, query), form),
    rows: (entity, fields, form) =>
      statement(
        JSON.stringify([form, entity, fields]),
        sent => selectRows(tables, sent, entity, fields),
        form,
      ),
  }
}

/** Everything that the text or the other values depend on, which is all but the ids of the parents. */
function asked({ under, ...query }: Query): unknown {
  return under ? { ...query, under: [under.entity, under.relation] } : query
}

/** Stand where the values go; no value of a filter is like that, for no column holds NUL. */
const TENANT = '\0tenant'
const IDS = '\0ids'

function bindable({ values, ...select }: Select): Statement {
  return {
    ...select,
    bind: (tenant, ids) => values.map(value => (value === TENANT ? tenant : value === IDS ? ids : value)),
  }
}
