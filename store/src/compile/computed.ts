import { placesOf } from '@zg/core/ir/computation'
import type { Computation, ComputedIR, FieldIR, TypeIR } from '@zg/core/ir/ir'
import { GREATEST, LEAST } from '@zg/core/query/sum'
import { type SQL, sql } from 'drizzle-orm'
import { type Compiler, column, from, type Place, type Term, termOf, toMany, toOne } from './term.ts'

/** A field of the row, stored or computed. What is computed means the same as in core/query/value. */
export function termAt(compiler: Compiler, at: Place, name: string): Term {
  const computed = at.table.view.computed.get(name)
  if (!computed) return termOf(at, name)
  return { sql: computedSql(compiler, at, computed), field: fieldOf(computed) }
}

/** A computed value is read and compared as one of its type that is stored. */
function fieldOf({ name, type, optional }: ComputedIR): FieldIR {
  return { name, number: 0, crdt: 'register', type, optional, once: true, graphql: {} }
}

function computedSql(compiler: Compiler, at: Place, { says, type }: ComputedIR): SQL {
  const places = placesOf(type)
  if (says.kind === 'path' || places === null) return valueAt(compiler, at, says).sql
  const exact = exactSql(compiler, at, says)
  if (places === 'float') return double(exact)
  return type.kind === 'scalar' && type.scalar === 'int'
    ? sql`(${exact})::integer`
    : sql`round(${exact}, ${sql.raw(String(places))})`
}

/** The limits of core/query/sum: beyond them Postgres would answer an error. */
function double(exact: SQL): SQL {
  return sql`(select case when abs(x.v) > ${sql.raw(GREATEST)} then null when abs(x.v) < ${sql.raw(LEAST)} then 0 else x.v::double precision end from (select ${exact} as v) as x)`
}

/** As numeric, which neither overflows nor rounds. */
function exactSql(compiler: Compiler, at: Place, says: Computation): SQL {
  switch (says.kind) {
    case 'value':
      return sql`${String(says.value)}::text::numeric`
    case 'path': {
      const { sql: term, field } = valueAt(compiler, at, says)
      return numeric(term, field.type)
    }
    case 'count':
    case 'sum':
      return overRelated(compiler, at, says, says.path)
    default: {
      const left = exactSql(compiler, at, says.left)
      const right = exactSql(compiler, at, says.right)
      return sql`(${left} ${OPERATORS[says.kind]} ${right})`
    }
  }
}

const OPERATORS = { plus: sql`+`, minus: sql`-`, times: sql`*` }

/** A double as numeric loses digits, but its text does not. */
function numeric(term: SQL, type: TypeIR): SQL {
  return placesOf(type) === 'float' ? sql`${term}::text::numeric` : sql`${term}::numeric`
}

function valueAt(compiler: Compiler, at: Place, says: Computation): Term {
  if (says.kind !== 'path') throw new Error(`A ${says.kind} is a number`)
  return scalar(compiler, at, says.path)
}

/** A field through to-one relations as one value: null where a target is missing. */
export function scalar(compiler: Compiler, at: Place, [step, ...rest]: readonly string[]): Term {
  if (step === undefined) throw new Error('An empty path leads nowhere')
  if (!rest.length) return termAt(compiler, at, step)
  return through(compiler, at, step, place => scalar(compiler, place, rest))
}

function through(compiler: Compiler, at: Place, step: string, use: (place: Place) => Term): Term {
  const { place, link } = toOne(compiler, at, step)
  const { sql: inner, field } = use(place)
  const first = sql`order by ${column(place, 'id')} limit 1`
  return { field, sql: sql`(select ${inner} from ${from(place)} where ${link} ${first})` }
}

type OverRelated = Extract<Computation, { kind: 'count' | 'sum' }>

/** One scalar subquery per row; nothing where the way to the relation breaks off. */
function overRelated(
  compiler: Compiler,
  at: Place,
  says: OverRelated,
  [step, ...rest]: readonly string[],
): SQL {
  if (step === undefined) throw new Error('An empty path leads nowhere')
  if (rest.length) {
    const { place, link } = toOne(compiler, at, step)
    const inner = overRelated(compiler, place, says, rest)
    return sql`(select ${inner} from ${from(place)} where ${link} order by ${column(place, 'id')} limit 1)`
  }
  const { place, source, link } = toMany(compiler, at, step)
  const total =
    says.kind === 'count'
      ? sql`count(*)::numeric`
      : sql`coalesce(sum(${exactSql(compiler, place, says.of)}), 0)`
  return sql`(select ${total} from ${source} where ${link})`
}
