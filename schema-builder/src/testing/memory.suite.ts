import type { Act, FieldAct } from '@zg/core/act/act'
import { type Catalog, catalog } from '@zg/core/ir/catalog'
import { filmModel } from '@zg/core/ir/film.fixture'
import type { ModelIR } from '@zg/core/ir/ir'
import type { Json } from '@zg/core/json'
import type { Position } from '@zg/core/ports/position'
import type { Reader } from '@zg/core/ports/reader'
import { MAIN } from '@zg/core/ports/scope'
import type { Outcome, Writer } from '@zg/core/ports/writer'
import type { Problem } from '@zg/core/problem'
import { type Lookup, predicate } from '@zg/core/query/evaluate'
import { sorter } from '@zg/core/query/order'
import type { Query, Row } from '@zg/core/query/query'

/**
 * Ports over plain maps, for tests of what stands on them: every read answers at once, writes are believed.
 * What a Writer refuses is its suite's matter; here `refuse` makes it refuse.
 */
export interface Memory {
  readonly catalog: Catalog
  readonly reader: Reader
  readonly writer: Writer
  /** Every port call, in order: `open`, `rows Person name`, `pages Film.reviews`, `commit`, `close`. */
  readonly calls: string[]
  /** The next read throws this. */
  fail(error: Error): void
  /** The next commit is refused for these. */
  refuse(problems: readonly Problem[]): void
  /** Acts committed so far. */
  readonly acts: readonly Act[]
  position(): Position
  apply(...acts: Act[]): void
}

export function memory(model: ModelIR = filmModel): Memory {
  const known = catalog(model)
  const tables = new Map(known.entities.map(({ name }) => [name, new Map<string, Row>()]))
  const edges = new Map<string, Set<string>>()
  const calls: string[] = []
  const acts: Act[] = []
  let refusing: readonly Problem[] = []
  let failing: Error | null = null

  const table = (entity: string): Map<string, Row> => tables.get(entity) as Map<string, Row>
  const lookup: Lookup = {
    row: (entity, id) => table(entity).get(id) ?? null,
    related: (entity, relation, id) => {
      const inverse = known.entity(entity).inverses.get(relation)
      if (!inverse) throw new Error(`${entity} has no relation ${relation}`)
      if (inverse.kind !== 'edges') return [...table(inverse.from).values()].filter(row => row[inverse.via] === id)
      const { from, to } = known.relation(inverse.relation)
      const pairs = [...(edges.get(inverse.relation) ?? [])].map(pair => pair.split('|') as [string, string])
      return inverse.end === 'from'
        ? pairs.filter(([a]) => a === id).flatMap(([, b]) => table(to).get(b) ?? [])
        : pairs.filter(([, b]) => b === id).flatMap(([a]) => table(from).get(a) ?? [])
    },
  }

  const select = (row: Row, fields: readonly string[]): Row =>
    Object.fromEntries(['id', ...fields].map(name => [name, row[name] ?? null])) as Row
  const page = (query: Query, rows: Iterable<Row>): readonly Row[] => {
    const holds = predicate(known, query.entity, query.where ?? { kind: 'and', of: [] })
    const { key, compare } = sorter(known, query.entity, query.order)
    const { after } = query
    return [...rows]
      .filter(row => holds(row, lookup) && (!after || compare(key(row, lookup), after) > 0))
      .sort((a, b) => compare(key(a, lookup), key(b, lookup)))
      .slice(0, query.limit)
      .map(row => select(row, query.fields))
  }

  const alter = (entity: string, id: string, name: string, act: FieldAct): void => {
    const row = table(entity).get(id) as Row
    const inverse = known.entity(entity).inverses.get(name)
    if (act.kind === 'set') table(entity).set(id, { ...row, [name]: act.value })
    else if (act.kind === 'increment') table(entity).set(id, { ...row, [name]: String(BigInt(String(row[name])) + BigInt(act.by)) })
    else if (!inverse) table(entity).set(id, { ...row, [name]: elements(row[name], act.add, act.remove) })
    else if (inverse.kind === 'edges') {
      const pairs = edges.get(inverse.relation) ?? new Set<string>()
      edges.set(inverse.relation, pairs)
      const pair = (other: Json) => (inverse.end === 'from' ? `${id}|${other}` : `${other}|${id}`)
      for (const other of act.add) pairs.add(pair(other))
      for (const other of act.remove) pairs.delete(pair(other))
    } else {
      for (const other of act.add) alter(inverse.from, String(other), inverse.via, { kind: 'set', value: id })
      for (const other of act.remove) alter(inverse.from, String(other), inverse.via, { kind: 'set', value: null })
    }
  }
  const apply = (act: Act): void => {
    acts.push(act)
    if (act.kind === 'delete') {
      table(act.entity).delete(act.id)
      return
    }
    if (act.kind === 'create') table(act.entity).set(act.id, blank(known, act.entity, act.id))
    for (const [name, field] of Object.entries(act.fields)) alter(act.entity, act.id, name, field)
  }
  const position = (): Position => ({ log: 'test', seqs: { [MAIN]: acts.length } })

  const reader: Reader = {
    open: () => {
      calls.push('open')
      let closed = false
      const live = () => {
        if (closed) throw new Error('Read from a closed snapshot')
        const error = failing
        failing = null
        if (error) throw error
      }
      return {
        position: () => position(),
        pages: query => {
          live()
          const { under } = query
          calls.push(`pages ${under ? `${under.entity}.${under.relation}` : query.entity} ${query.fields.join(',')}`.trim())
          if (!under) return [page(query, table(query.entity).values())]
          return under.ids.map(id => page(query, lookup.related(under.entity, under.relation, id)))
        },
        rows: (entity, fields, ids) => {
          live()
          calls.push(`rows ${entity} ${fields.join(',')}`.trim())
          return ids.map(id => table(entity).get(id) ?? null).map(row => row && select(row, fields))
        },
        close: () => {
          if (!closed) calls.push('close')
          closed = true
        },
      }
    },
  }
  const writer: Writer = {
    commit: mutation => {
      calls.push('commit')
      const problems = refusing
      refusing = []
      if (!problems.length) for (const act of mutation.acts) apply(act)
      const outcome: Outcome = {
        verdict: { status: problems.length ? 'rejected' : 'applied', problems },
        position: position(),
        ids: mutation.acts.map(({ id }) => id),
      }
      return outcome
    },
  }
  return {
    catalog: known, reader, writer, calls, acts, position,
    fail: error => {
      failing = error
    },
    refuse: problems => {
      refusing = problems
    },
    apply: (...list) => {
      for (const act of list) apply(act)
    },
  }
}

function blank(known: Catalog, entity: string, id: string): Row {
  const empty = known.entity(entity).ir.fields.map(({ name, crdt, default: value }) => {
    return [name, crdt === 'counter' ? '0' : crdt === 'set' ? [] : (value ?? null)]
  })
  return { ...Object.fromEntries(empty), id }
}

function elements(present: Json | undefined, add: readonly Json[], remove: readonly Json[]): Json {
  const kept = (present as readonly Json[]).filter(element => !remove.includes(element))
  return [...new Set([...kept, ...add])].sort()
}
