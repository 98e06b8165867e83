/** Names that ZG, GraphQL or Postgres keep for themselves. */

const SCALARS = 'ID String Int Float Boolean BigInt Decimal DateTime Date Bytes JSON'.split(' ')

/** GraphQL types that every schema has, or will have when a feature of DESIGN section 4.8 arrives. */
export const RESERVED_TYPES: ReadonlySet<string> = new Set([
  ...'Query Mutation Subscription Node PageInfo OrderDirection Cursor Superseded Verdict VerdictStatus Zg'.split(
    ' ',
  ),
  ...'Problem ValidationProblem NotFoundProblem ForbiddenProblem ConflictProblem Queued'.split(' '),
  ...'ChangeKind GroupUnit CounterInput JSONInput JSONPathInput TextInput TextReplacement'.split(' '),
  ...SCALARS.flatMap(scalar => [scalar, `${scalar}Filter`, `${scalar}SetFilter`]),
])

/** Root fields that every schema has or will have. */
export const RESERVED_ROOT_FIELDS: ReadonlySet<string> = new Set(
  // The last two are members of every change, beside the entity's own name.
  ['node', 'nodes', 'zg', 'verdict', 'search', 'id', 'kind'],
)

/** `and`, `or`, `not` combine filters; `id` is implied. */
export const RESERVED_FIELDS: ReadonlySet<string> = new Set(['id', 'and', 'or', 'not'])

/** Words that GraphQL reads as something else than an enum value. */
export const RESERVED_VALUES: ReadonlySet<string> = new Set(['true', 'false', 'null'])

/** Tables of the store itself. */
export const SYSTEM_TABLES: ReadonlySet<string> = new Set(
  'log head claim verdict tombstone waiting meta ir text_fold'.split(' '),
)

/** Columns of every projection, and those Postgres gives every table (`create table` refuses them). */
export const SYSTEM_COLUMNS: ReadonlySet<string> = new Set(
  'tenant id ctid xmin xmax cmin cmax tableoid'.split(' '),
)

/** Postgres cuts longer identifiers silently. */
export const MAX_SQL_NAME = 63
