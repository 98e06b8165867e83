import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { Json } from '@zg/core/json'
import type {
  BigIntText,
  Computed,
  Counter,
  DateText,
  DateTimeText,
  DecimalText,
  Declared,
  Document,
  Id,
  Many,
  Numbers,
  One,
  OneOf,
  Serial,
  SetOf,
  Single,
  State,
  Text,
  Value,
} from './field.ts'
import { type FieldKind, type FieldSpec, type Modifier, spec } from './spec.ts'

/**
 * The kinds of field. Relations name their entity by string, so entities may refer to each other in circles.
 * Nothing throws here: what is wrong becomes a problem of the defined model.
 */
export const f = {
  /** Random and time-sortable, or made from the fields of a natural key (all `.once()`). */
  id: (options?: { readonly key?: string | readonly string[] }): Id =>
    declare({ kind: 'id', key: options?.key === undefined ? [] : [options.key].flat() }),
  string: (): Value<string> => declare({ kind: 'scalar', scalar: 'string' }),
  /** 32 bits, signed. */
  int: (): Value<number, 'required', 'whole'> => declare({ kind: 'scalar', scalar: 'int' }),
  float: (): Value<number, 'required', 'float'> => declare({ kind: 'scalar', scalar: 'float' }),
  boolean: (): Value<boolean> => declare({ kind: 'scalar', scalar: 'boolean' }),
  datetime: (): Value<DateTimeText> => declare({ kind: 'scalar', scalar: 'datetime' }),
  date: (): Value<DateText> => declare({ kind: 'scalar', scalar: 'date' }),
  /** An integer of any size; text in JSON. */
  bigint: (): Value<BigIntText> => declare({ kind: 'scalar', scalar: 'bigint' }),
  decimal: (options: { readonly scale: number }): Value<DecimalText> =>
    declare({ kind: 'decimal', scale: options.scale }),
  json,
  enum: <const V extends readonly string[]>(...values: V): Value<V[number]> =>
    declare({ kind: 'enum', values }),
  bytes: (): Value<string> => declare({ kind: 'bytes' }),
  text: (): Text => declare({ kind: 'text' }),
  counter: (options?: { readonly min?: number }): Counter =>
    declare(options?.min === undefined ? { kind: 'counter' } : { kind: 'counter', min: options.min }),
  set: <E>(of: Value<E, 'required', Numbers>): SetOf<E> => declare({ kind: 'set', of: of.spec }),
  /** `{ state: { event: next } }`; the first state is the initial one. */
  state: <const G extends Record<string, Record<string, keyof G & string>>>(graph: G): State<G> =>
    declare({ kind: 'state', graph }),
  serial: (format: string, options?: { readonly within?: readonly string[] }): Serial =>
    declare({ kind: 'serial', format, within: options?.within ?? [] }),
  computed: <O>(): Computed<O> => declare({ kind: 'computed' }),
  one: <T extends string>(to: T): One<T> => declare({ kind: 'one', to }),
  /** The rows of `from` whose to-one field `via` refers to this one. */
  many: <T extends string>(from: T, via: string): Many<T> => declare({ kind: 'many', from, via }),
  /** The other end of a one-to-one: the row of `from` whose `f.one(...).unique()` or `f.oneOf(...).unique()` field `via` refers here, or null. */
  single: <T extends string>(from: T, via: string): Single<T> => declare({ kind: 'single', from, via }),
  /** Declared without `inverseOf` on the owning side; with the owner's field name on the other. */
  manyToMany: <T extends string>(to: T, inverseOf?: string): Many<T> =>
    declare({ kind: 'manyToMany', to, inverseOf: inverseOf ?? null }),
  oneOf: <const T extends readonly string[]>(...to: T): OneOf<T[number]> => declare({ kind: 'oneOf', to }),
  /** The other end of a polymorphic to-one. */
  inverse: <T extends string>(from: T, via: string): Many<T> => declare({ kind: 'inverse', from, via }),
}

/**
 * Any JSON but null; validated by the schema, if there is one. Written and merged as a whole; with `merge: 'paths'` an
 * object that several may write at once, each at paths of its own.
 */
function json<O = Json>(schema?: StandardSchemaV1<unknown, O>): Value<O>
function json(options: { readonly merge: 'paths' }): Document
function json(given?: StandardSchemaV1 | { readonly merge: 'paths' }): Declared {
  if (given === undefined) return declare({ kind: 'json' })
  return '~standard' in given ? declare({ kind: 'json', schema: given }) : declare({ kind: 'jsonPaths' })
}

/**
 * One builder stands behind all kinds; their types say which modifiers each has, and the compiler of the model
 * says it again to callers without types. A modifier gives a new field and leaves the old one as it was.
 */
function declare<D extends Declared>(kind: FieldKind): D {
  return builder(spec(kind)) as unknown as D
}

type Change = Partial<FieldSpec>

const MODIFIERS: { readonly [M in Modifier]: (own: FieldSpec, argument: never) => Change } = {
  optional: () => ({ optional: true }),
  default: (_, value: unknown) => ({
    default:
      typeof value === 'function'
        ? { kind: 'function', make: value as () => unknown }
        : { kind: 'literal', value },
  }),
  once: () => ({ once: true }),
  unique: (_, options: FieldSpec['unique']) => ({ unique: options ?? {} }),
  index: (own, kind: FieldSpec['indexes'][number] | undefined) => ({
    indexes: [...own.indexes, kind ?? 'btree'],
  }),
  check: (own, schema: StandardSchemaV1) => ({ checks: [...own.checks, schema] }),
  pii: () => ({ pii: true }),
  onDelete: (_, onDelete: NonNullable<FieldSpec['onDelete']>) => ({ onDelete }),
  owner: () => ({ owner: true }),
  was: (own, name: string) => ({ was: [...own.was, name] }),
  graphql: (own, names: FieldSpec['graphql']) => ({ graphql: { ...own.graphql, ...names } }),
}

function builder(own: FieldSpec): { readonly spec: FieldSpec } {
  const modifier = (name: Modifier) => (argument: never) =>
    builder({ ...own, ...MODIFIERS[name](own, argument), modifiers: [...own.modifiers, name] })
  const names = Object.keys(MODIFIERS) as Modifier[]
  return { spec: own, ...Object.fromEntries(names.map(name => [name, modifier(name)])) }
}
