import type { Act, FieldAct } from '../act/act.ts'
import { keyId } from '../change/id.ts'
import { catalog } from '../ir/catalog.ts'
import { filmModel } from '../ir/film.fixture.ts'
import type { Order, Row } from '../query/query.ts'
import type { Feed } from './feed.ts'
import type { Reader } from './reader.ts'
import { ANONYMOUS, type Scope } from './scope.ts'
import type { Outcome, Writer } from './writer.ts'

/** The three ports of one implementation over `filmModel`. */
export interface PortsUnderTest {
  readonly reader: Reader
  readonly writer: Writer
  readonly feed: Feed
}

export const films = catalog(filmModel)

/** A tenant of its own keeps a test apart from the others on the same database. */
export function freshScope(): Scope {
  return { tenant: `t${++tenants}-${process.pid}`, principal: ANONYMOUS }
}
let tenants = 0

/** Short spellings of acts: plain values are set; `{ by }` increments; `{ add, remove }` alters. */
export const set = (value: string | number | boolean | null): FieldAct => ({ kind: 'set', value })
export const increment = (by: string): FieldAct => ({ kind: 'increment', by })
export const add = (...ids: string[]): FieldAct => ({ kind: 'alter', add: ids, remove: [] })
export const drop = (...ids: string[]): FieldAct => ({ kind: 'alter', add: [], remove: ids })

export function create(entity: string, id: string, fields: { [name: string]: FieldAct } = {}): Act {
  return { kind: 'create', entity, id, fields }
}
export function update(entity: string, id: string, fields: { [name: string]: FieldAct }): Act {
  return { kind: 'update', entity, id, fields }
}
export const remove = (entity: string, id: string): Act => ({ kind: 'delete', entity, id })
export const film = (id: string, fields: { [name: string]: FieldAct } = {}): Act =>
  create('Film', `film_${id}`, { title: set(`Film ${id}`), ...fields })
export const person = (id: string): Act => create('Person', `person_${id}`, { name: set(`Person ${id}`) })
export const tag = (id: string): Act => create('Tag', `tag_${id}`, { name: set(`Tag ${id}`) })
export const studio = (name: string): Act => create('Studio', keyId('studio', [name]), { name: set(name) })
export const review = (id: string, filmId: string): Act =>
  create('Review', `review_${id}`, { film: set(filmId), text: set('Fine'), stars: set(4) })

/** One scope's view of the ports, with reads in a word. */
export interface Desk {
  readonly scope: Scope
  /** One mutation. */
  commit(...acts: Act[]): Promise<Outcome>
  /** One mutation that must be applied. */
  apply(...acts: Act[]): Promise<Outcome>
  codes(...acts: Act[]): Promise<readonly string[]>
  row(entity: string, id: string): Promise<Row | null>
  rows(entity: string): Promise<readonly Row[]>
  related(entity: string, id: string, relation: string, target: string): Promise<readonly string[]>
}

export function desk({ reader, writer }: PortsUnderTest, scope = freshScope()): Desk {
  const byId: readonly Order[] = [{ path: ['id'], direction: 'asc' }]
  const fieldsOf = (entity: string) => [...films.entity(entity).fields.keys()]
  const read = async <T>(work: (snapshot: ReturnType<Reader['open']>) => T | Promise<T>): Promise<T> => {
    const snapshot = reader.open(scope)
    try {
      return await work(snapshot)
    } finally {
      await snapshot.close()
    }
  }
  const commit = async (...acts: Act[]) => writer.commit({ scope, acts })
  return {
    scope,
    commit,
    apply: async (...acts) => {
      const outcome = await commit(...acts)
      if (outcome.verdict.status !== 'applied') throw new Error(JSON.stringify(outcome.verdict.problems))
      return outcome
    },
    codes: async (...acts) => (await commit(...acts)).verdict.problems.map(({ code }) => code),
    row: (entity, id) =>
      read(async snapshot => (await snapshot.rows(entity, fieldsOf(entity), [id]))[0] ?? null),
    rows: entity =>
      read(
        async snapshot => (await snapshot.pages({ entity, fields: fieldsOf(entity), order: byId }))[0] ?? [],
      ),
    related: (entity, id, relation, target) =>
      read(async snapshot => {
        const under = { entity, relation, ids: [id] }
        const pages = await snapshot.pages({ entity: target, fields: [], order: byId, under })
        return (pages[0] ?? []).map(row => row.id)
      }),
  }
}
