import type { Act, FieldAct } from '@zg/core/act/act'
import { checkAct } from '@zg/core/act/check'
import type { Catalog, EntityView } from '@zg/core/ir/catalog'
import type { FieldIR } from '@zg/core/ir/ir'
import { isReference } from '@zg/core/ir/refer'
import { canonical, isList, type Json } from '@zg/core/json'
import type { Reader } from '@zg/core/ports/reader'
import { ANONYMOUS, MAIN, type Scope } from '@zg/core/ports/scope'
import type { Mutation, Outcome, Writer } from '@zg/core/ports/writer'
import { type Problem, problem } from '@zg/core/problem'
import type { Row } from '@zg/core/query/query'

export const scope: Scope = { tenant: MAIN, principal: ANONYMOUS }

/** A reader and a writer over plain maps, which count what they are asked: enough of the ports to import into. */
export interface Shelf {
  readonly reader: Reader
  readonly writer: Writer
  readonly rows: Map<string, Row>
  /** `<relation> <from>|<to>` */
  readonly edges: Set<string>
  readonly dead: Set<string>
  /** Every mutation that was committed, applied or not. */
  readonly mutations: { readonly acts: number; readonly applied: boolean }[]
  of(prefix: string): readonly Row[]
}

export function shelf(catalog: Catalog): Shelf {
  const state: State = { catalog, rows: new Map(), edges: new Set(), dead: new Set() }
  const mutations: Shelf['mutations'][number][] = []
  const commit = ({ acts }: Mutation): Outcome => {
    const problems = perform(state, acts)
    mutations.push({ acts: acts.length, applied: !problems.length })
    const status = problems.length ? 'rejected' : 'applied'
    return {
      verdict: { status, problems },
      position: { log: 'shelf', seqs: {} },
      ids: acts.map(({ id }) => id),
    }
  }
  return {
    reader: reader(state),
    writer: { commit },
    mutations,
    rows: state.rows,
    edges: state.edges,
    dead: state.dead,
    of: prefix => [...state.rows.values()].filter(row => row.id.startsWith(`${prefix}_`)),
  }
}

interface State {
  readonly catalog: Catalog
  readonly rows: Map<string, Row>
  readonly edges: Set<string>
  readonly dead: Set<string>
}

function perform(state: State, acts: readonly Act[]): readonly Problem[] {
  const unfit = acts.flatMap((act, i) => checkAct(state.catalog, act, [String(i)]))
  if (unfit.length) return unfit
  const draft = { ...state, rows: new Map(state.rows), edges: new Set(state.edges) }
  for (const [i, act] of acts.entries()) {
    const problems = step(draft, act, String(i))
    if (problems.length) return problems
  }
  for (const [id, row] of draft.rows) state.rows.set(id, row)
  for (const edge of draft.edges) state.edges.add(edge)
  return []
}

function step(state: State, act: Act, at: string): readonly Problem[] {
  if (act.kind === 'delete') throw new Error('An import deletes nothing')
  const old = state.rows.get(act.id)
  if (act.kind === 'create' && state.dead.has(act.id)) return [problem('ID_GONE', [at, 'id'], 'gone')]
  if (act.kind === 'create' && old) return [problem('ID_TAKEN', [at, 'id'], 'taken')]
  if (act.kind === 'update' && !old) return [problem('NOT_FOUND', [at, 'id'], 'not there')]
  const entity = state.catalog.entity(act.entity)
  const row: Record<string, Json> & { id: string } = { ...(old ?? blank(entity)), id: act.id }
  const missing = Object.entries(act.fields).flatMap(([name, field]) =>
    referred(entity, name, field)
      .filter(id => id !== act.id && !state.rows.has(id))
      .map(id => problem('REF_MISSING', [at, name], `There is no ${id}`)),
  )
  if (missing.length) return missing
  for (const [name, field] of Object.entries(act.fields)) {
    const inverse = entity.inverses.get(name)
    if (inverse?.kind === 'edges' && field.kind === 'alter') {
      for (const id of field.add) state.edges.add(edge(inverse.relation, inverse.end, act.id, String(id)))
    } else {
      row[name] = applied(row[name] ?? null, field)
    }
  }
  state.rows.set(act.id, row)
  return []
}

function blank(entity: EntityView): Record<string, Json> {
  return Object.fromEntries(
    entity.ir.fields.map(({ name, crdt, default: value }) => [
      name,
      crdt === 'counter'
        ? '0'
        : crdt === 'set'
          ? []
          : crdt === 'json'
            ? {}
            : crdt === 'text'
              ? ''
              : (value ?? null),
    ]),
  )
}

function applied(old: Json, act: FieldAct): Json {
  if (act.kind === 'set') return act.value
  if (act.kind === 'increment') return String(BigInt(String(old)) + BigInt(act.by))
  if (act.kind === 'replace') return act.value
  if (act.kind === 'text') throw new Error('An import sends no Yjs updates')
  if (act.kind === 'assign') return act.set[0]?.value ?? {}
  const elements = new Map(
    [...(isList(old) ? old : []), ...act.add].map(element => [canonical(element), element]),
  )
  return [...elements.values()]
}

function isReferring(field: FieldIR | undefined): boolean {
  return field !== undefined && isReference(field.type)
}

function referred(entity: EntityView, name: string, act: FieldAct): readonly string[] {
  if (act.kind === 'set') {
    return typeof act.value === 'string' && isReferring(entity.fields.get(name)) ? [act.value] : []
  }
  return act.kind === 'alter' && entity.inverses.has(name) ? act.add.map(String) : []
}

function edge(relation: string, end: 'from' | 'to', own: string, other: string): string {
  return `${relation} ${end === 'from' ? `${own}|${other}` : `${other}|${own}`}`
}

function reader({ catalog, rows, edges }: State): Reader {
  return {
    open: () => ({
      position: () => ({ log: 'shelf', seqs: {} }),
      rows: (_, fields, ids) => ids.map(id => pick(rows.get(id), fields)),
      pages({ where, under }) {
        if (!under || where?.kind !== 'in') throw new Error('The import asks for edges only')
        const inverse = catalog.entity(under.entity).inverses.get(under.relation)
        if (inverse?.kind !== 'edges') throw new Error('The import asks for edges only')
        return under.ids.map(id =>
          where.values
            .map(String)
            .filter(other => edges.has(edge(inverse.relation, inverse.end, id, other)))
            .map(other => ({ id: other })),
        )
      },
      lists: unasked,
      found: unasked,
      aggregates: unasked,
      close: () => undefined,
    }),
  }
}

function unasked(): never {
  throw new Error('The import asks for rows only')
}

function pick(row: Row | undefined, fields: readonly string[]): Row | null {
  if (!row) return null
  return { id: row.id, ...Object.fromEntries(fields.map(field => [field, row[field] ?? null])) }
}
