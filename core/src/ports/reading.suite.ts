import { beforeAll } from 'vitest'
import type { Json } from '../json.ts'
import type { FieldMeasure, Measure } from '../query/aggregate.ts'
import type { Comparison, Expression, Operand } from '../query/expression.ts'
import type { Fixture } from '../query/films.suite.ts'
import { totalOrder } from '../query/order.ts'
import type { Order, Query, Row } from '../query/query.ts'
import { LIBRARY } from './library.fixture.ts'
import type { Reader, Snapshot } from './reader.ts'
import type { MaybePromise, Scope } from './scope.ts'

/** How the suite gets data into what it tests. */
export interface ReaderHarness {
  /** A reader over `filmModel` that sees exactly these rows and edges: each load is a tenant of its own. */
  load(fixture: Fixture): MaybePromise<Loaded>
}

export interface Loaded {
  readonly reader: Reader
  readonly scope: Scope
}

/** A loaded library, and ways to ask it. */
export interface Reading {
  readonly harness: () => ReaderHarness
  loaded(): Loaded
  /** In a snapshot of its own; of the library, if not of another. */
  read<T>(work: (snapshot: Snapshot) => MaybePromise<T>, from?: Loaded): Promise<T>
  /** Films, if nothing else is said. */
  query(more: Partial<Query>): Promise<readonly (readonly Row[])[]>
  /** Ids without their prefix, of a query without parents. */
  found(more: Partial<Query>): Promise<string>
}

/** Loads the library before the tests of the present `describe`. */
export function reading(harness: () => ReaderHarness): Reading {
  let loaded: Loaded
  beforeAll(async () => {
    loaded = await harness().load(LIBRARY)
  })
  const read = async <T>(work: (snapshot: Snapshot) => MaybePromise<T>, from = loaded): Promise<T> => {
    const snapshot = from.reader.open(from.scope)
    try {
      return await work(snapshot)
    } finally {
      await snapshot.close()
    }
  }
  const query = async (more: Partial<Query>) =>
    read(snapshot => snapshot.pages({ entity: 'Film', fields: [], order: totalOrder([]), ...more }))
  const found = async (more: Partial<Query>) => names((await query(more))[0] ?? [])
  return { harness, loaded: () => loaded, read, query, found }
}

export const COUNT: Measure = { kind: 'count' }
export const measure = (kind: FieldMeasure, field: string): Measure => ({ kind, field })
export const at = (...path: string[]): Operand => ({ kind: 'path', path })
export const constant = (value: Json): Operand => ({ kind: 'value', value })
export const by = (direction: Order['direction'], ...path: string[]): Order => ({ path, direction })
export const ALL: Expression = { kind: 'and', of: [] }
export const some = (relation: string, where: Expression): Expression => ({
  kind: 'some',
  path: [relation],
  where,
})
export const stars = (kind: Comparison, value: number): Expression => ({
  kind,
  left: at('stars'),
  right: constant(value),
})
export const year = (kind: Comparison, value: number): Expression => ({
  kind,
  left: at('year'),
  right: constant(value),
})
export const names = (rows: readonly Row[]) => rows.map(({ id }) => id.slice(id.indexOf('_') + 1)).join(' ')
