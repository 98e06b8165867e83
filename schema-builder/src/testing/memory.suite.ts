import type { Act, FieldAct } from '@zg/core/act/act'
import { applyJson, documentOf } from '@zg/core/change/kinds/json'
import { type Catalog, catalog } from '@zg/core/ir/catalog'
import { filmModel } from '@zg/core/ir/film.fixture'
import { isList, type Json } from '@zg/core/json'
import { memoryReader } from '@zg/core/memory/reader'
import { blankOf, createRowStore } from '@zg/core/memory/rows'
import type { Position } from '@zg/core/ports/position'
import type { Reader, Snapshot } from '@zg/core/ports/reader'
import { MAIN } from '@zg/core/ports/scope'
import type { Outcome, Writer } from '@zg/core/ports/writer'
import type { Problem } from '@zg/core/problem'
import { measureKey } from '@zg/core/query/aggregate'
import type { Row } from '@zg/core/query/query'

/**
 * Ports over rows in memory that answer at once. Reads are core's; writes are believed, and under a mutation id
 * they happen once: what a Writer refuses is its suite's matter, here `refuse` makes it refuse.
 */
export interface Memory {
  readonly catalog: Catalog
  readonly reader: Reader
  readonly writer: Writer
  /** Every port call, in order: `open`, `rows Person name`, `pages Film.reviews text`, `commit`, `close`. */
  readonly calls: string[]
  /** Acts committed so far. */
  readonly acts: readonly Act[]
  /** The next read throws this. */
  fail(error: Error): void
  /** The next commit is refused for these. */
  refuse(problems: readonly Problem[]): void
  position(): Position
  apply(...acts: Act[]): void
}

const LOG = 'test'

export function memory(): Memory {
  const known = catalog(filmModel)
  const rows = createRowStore(known)
  const calls: string[] = []
  const acts: Act[] = []
  const verdicts = new Map<string, Outcome>()
  let refusing: readonly Problem[] = []
  let failing: Error | null = null

  const apply = (act: Act): void => {
    acts.push(act)
    if (act.kind === 'delete') rows.dropRow(act.entity, act.id)
    else {
      if (act.kind === 'create') rows.putRow(act.entity, blank(known, act.entity, act.id))
      for (const [name, field] of Object.entries(act.fields)) alter(act.entity, act.id, name, field)
    }
  }
  const alter = (entity: string, id: string, name: string, act: FieldAct): void => {
    const inverse = known.entity(entity).inverses.get(name)
    if (inverse?.kind === 'single' && act.kind === 'set') {
      const [here] = rows.snapshot().related(entity, name, id)
      const other = act.value === null ? here?.id : String(act.value)
      if (other !== undefined) put(inverse.from, other, inverse.via, () => act.value && id)
    } else if (!inverse || act.kind !== 'alter') put(entity, id, name, value => altered(value, act))
    else if (inverse.kind === 'edges') {
      const ends = (other: Json) =>
        (inverse.end === 'from' ? [id, String(other)] : [String(other), id]) as [string, string]
      for (const other of act.add) rows.putEdge(inverse.relation, ...ends(other))
      for (const other of act.remove) rows.dropEdge(inverse.relation, ...ends(other))
    } else {
      for (const other of act.add) put(inverse.from, String(other), inverse.via, () => id)
      for (const other of act.remove) put(inverse.from, String(other), inverse.via, () => null)
    }
  }
  const put = (entity: string, id: string, name: string, change: (value: Json) => Json): void => {
    const row = rows.snapshot().row(entity, id)
    if (row) rows.putRow(entity, { ...row, [name]: change(row[name] ?? null) })
  }

  const reader = memoryReader({
    catalog: known,
    log: LOG,
    source: () => ({ seq: acts.length, rows: rows.snapshot() }),
  })
  const called = (call: string, fields: readonly string[]): void => {
    calls.push(`${call} ${fields.join(',')}`.trim())
    const error = failing
    failing = null
    if (error) throw error
  }
  const writer: Writer = {
    commit: ({ acts: asked, mutationId }) => {
      calls.push('commit')
      const before = mutationId === undefined ? undefined : verdicts.get(mutationId)
      if (before) return before
      const problems = refusing
      refusing = []
      if (!problems.length) for (const act of asked) apply(act)
      const outcome: Outcome = {
        verdict: { status: problems.length ? 'rejected' : 'applied', problems },
        position: { log: LOG, seqs: { [MAIN]: acts.length } },
        ids: asked.map(({ id }) => id),
      }
      if (mutationId !== undefined) verdicts.set(mutationId, outcome)
      return outcome
    },
  }
  return {
    catalog: known,
    reader: { open: (scope, reading) => counted(reader.open(scope, reading), calls, called) },
    writer,
    calls,
    acts,
    fail: error => {
      failing = error
    },
    refuse: problems => {
      refusing = problems
    },
    position: () => ({ log: LOG, seqs: { [MAIN]: acts.length } }),
    apply: (...list) => {
      for (const act of list) apply(act)
    },
  }
}

/** The same snapshot, keeping a list of what is asked of it. */
function counted(
  snapshot: Snapshot,
  calls: string[],
  called: (call: string, fields: readonly string[]) => void,
): Snapshot {
  calls.push('open')
  let closed = false
  return {
    position: () => snapshot.position(),
    pages: query => {
      called(
        `pages ${query.under ? `${query.under.entity}.${query.under.relation}` : query.entity}`,
        query.fields,
      )
      return snapshot.pages(query)
    },
    rows: (entity, fields, ids) => {
      called(`rows ${entity}`, fields)
      return snapshot.rows(entity, fields, ids)
    },
    lists: query => {
      called(
        `pages ${query.under ? `${query.under.entity}.${query.under.relation}` : query.entity}`,
        query.fields,
      )
      return snapshot.lists(query)
    },
    found: (entity, fields, ids) => {
      called(`rows ${entity}`, fields)
      return snapshot.found(entity, fields, ids)
    },
    aggregates: query => {
      const list = query.under ? `${query.under.entity}.${query.under.relation}` : query.entity
      called(`aggregates ${list}`, query.measures.map(measureKey))
      return snapshot.aggregates(query)
    },
    close: () => {
      if (!closed) calls.push('close')
      closed = true
      return snapshot.close()
    },
  }
}

function blank(known: Catalog, entity: string, id: string): Row {
  const fields = known.entity(entity).ir.fields.map(field => [field.name, field.default ?? blankOf(field)])
  return { ...Object.fromEntries(fields), id }
}

function altered(value: Json, act: FieldAct): Json {
  if (act.kind === 'assign') {
    const known = { kind: 'json', paths: { '': { at: '0', value } } } as const
    return documentOf(applyJson(known, { ...act, field: 1, kind: 'json' }, '1'))
  }
  if (act.kind === 'set') return act.value
  if (act.kind === 'increment') return String(BigInt(String(value)) + BigInt(act.by))
  if (act.kind === 'replace') return act.value
  if (act.kind === 'text') throw new Error('This memory opens no Yjs updates')
  const kept = isList(value) ? value.filter(element => !act.remove.includes(element)) : []
  return [...new Set([...kept, ...act.add])].sort()
}
