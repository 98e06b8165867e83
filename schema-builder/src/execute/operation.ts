import type { Position } from '@zg/core/ports/position'
import type { Reading, Snapshot } from '@zg/core/ports/reader'
import type { MaybePromise } from '@zg/core/ports/scope'
import type { Mutation, Outcome } from '@zg/core/ports/writer'
import { type AggregateQuery, fieldsRead, type Group, type Measure } from '@zg/core/query/aggregate'
import type { Columns, Lists } from '@zg/core/query/columns'
import type { Query, Row } from '@zg/core/query/query'
import { computedReach } from '@zg/core/query/value'
import { createAside } from './aside.ts'
import type { KeyedRead } from './keyed.ts'
import { type Loads, type RelatedRead, type RelatedTotals, type Totals, totalsOf } from './loads.ts'
import { chain, ending } from './maybe.ts'
import type { Services } from './services.ts'

/** One run of one GraphQL operation: its reads from one snapshot, and what they depended on. */
export interface Operation {
  readonly services: Services
  /** Entities this run has read or would have read had there been rows: what a live query waits for. */
  readonly touched: Set<string>
  row(entity: string, fields: readonly string[], id: string): MaybePromise<Row | null>
  related(read: RelatedRead, fields: readonly string[], parent: string): MaybePromise<readonly Row[]>
  list(query: Query): MaybePromise<readonly Row[]>
  keyed(read: KeyedRead, fields: readonly string[]): MaybePromise<Row | null>
  /** Numbers about the rows of a relation of one parent, or about all rows of an entity. */
  relatedTotals(read: RelatedTotals, measures: readonly Measure[], parent: string): MaybePromise<Totals>
  totals(query: AggregateQuery): MaybePromise<Totals>
  groups(query: AggregateQuery): MaybePromise<readonly Group[]>
  /** For plans: many lists or rows in one statement, column by column. */
  lists(query: Query): MaybePromise<Lists>
  found(entity: string, fields: readonly string[], ids: readonly string[]): MaybePromise<Columns>
  aggregates(query: AggregateQuery): MaybePromise<readonly (readonly Group[])[]>
  /** This run depends on these entities, too. */
  touch(entities: Iterable<string>): void
  /** What is known of the reads to come, until `again`. */
  expect(reading: Reading): void
  /** Ends the present snapshot; later reads see another one, or, given an error, all fail with it. */
  again(error?: unknown): MaybePromise<void>
  /** Ends the present snapshot first, so that a store with a single connection can write; later reads see the effect. */
  commit(acts: Mutation['acts'], more: Pick<Mutation, 'mutationId' | 'base'>): MaybePromise<Outcome>
  /** Does somebody else's work once no read is under way, without a snapshot; reads that follow use another one. */
  aside<T>(work: () => MaybePromise<T>): MaybePromise<T>
  /** What `make` gave for this key before, in this run. */
  once<T>(key: object, make: () => T): T
  /** The head of the log now, outside this run's snapshot. */
  position(): MaybePromise<Position>
  close(): MaybePromise<void>
}

type Phase = 'open' | 'committing' | 'closed'

export function createOperation(services: Services): Operation {
  let phase: Phase = 'open'
  let expected: Reading = {}
  let failed: { readonly error: unknown } | null = null
  let current: { readonly snapshot: Snapshot; readonly loads: Loads } | null = null
  const touched = new Set<string>()
  const made = new Map<object, unknown>()

  // The fields of a mutation run one after the other, so a read during a commit belongs to a part of the answer
  // that an error has already discarded. Opening a snapshot for it could block the very commit under way.
  const reads = (entity: string, fields: readonly string[] = []) => {
    if (phase !== 'open') throw new Error(`The operation reads ${entity} after its part was given up`)
    if (failed) throw failed.error
    touched.add(entity)
    const view = services.catalog.entity(entity)
    for (const field of view.computed.size ? fields : []) {
      const says = view.computed.get(field)?.says
      for (const other of says ? computedReach(services.catalog, entity, says) : []) touched.add(other)
    }
    if (!current) {
      const snapshot = aside.watched(services.reader.open(services.scope, expected))
      current = { snapshot, loads: services.loads(snapshot) }
    }
    return current
  }

  const leave = (next: Phase) => {
    const left = current
    current = null
    phase = next
    return left?.snapshot.close()
  }

  const aside = createAside(services.host, () => (phase === 'open' ? leave('open') : undefined))

  return {
    services,
    touched,
    row: (entity, fields, id) => reads(entity, fields).loads.row(entity, fields, id),
    related: (read, fields, parent) => reads(read.query.entity, fields).loads.related(read, fields, parent),
    keyed: (read, fields) => reads(read.entity, fields).loads.keyed(read, fields),
    list: query => chain(reads(query.entity, query.fields).snapshot.pages(query), ([rows]) => rows ?? []),
    relatedTotals: (read, measures, parent) =>
      reads(read.query.entity, fieldsRead({ measures })).loads.totals(read, measures, parent),
    totals: query =>
      chain(reads(query.entity, fieldsRead(query)).snapshot.aggregates(query), ([groups]) =>
        totalsOf(query.measures, groups ?? []),
      ),
    groups: query =>
      chain(reads(query.entity, fieldsRead(query)).snapshot.aggregates(query), ([groups]) => groups ?? []),
    lists: query => reads(query.entity, query.fields).snapshot.lists(query),
    found: (entity, fields, ids) => reads(entity, fields).snapshot.found(entity, fields, ids),
    aggregates: query => reads(query.entity, fieldsRead(query)).snapshot.aggregates(query),
    touch: entities => {
      for (const entity of entities) touched.add(entity)
    },
    expect: reading => {
      expected = reading
    },
    again: (...error) => {
      expected = {}
      if (error.length) failed = { error: error[0] }
      return leave('open')
    },
    commit: (acts, more) =>
      ending(
        () =>
          chain(leave('committing'), () => services.writer.commit({ scope: services.scope, acts, ...more })),
        () => {
          if (phase === 'committing') phase = 'open'
        },
      ),
    aside: aside.run,
    once: <T>(key: object, make: () => T) => {
      if (!made.has(key)) made.set(key, make())
      return made.get(key) as T
    },
    position: () => {
      const snapshot = services.reader.open(services.scope)
      return ending(
        () => snapshot.position(),
        () => snapshot.close(),
      )
    },
    close: () => leave('closed'),
  }
}
