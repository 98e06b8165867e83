import fc from 'fast-check'
import { expect } from 'vitest'
import { isList, type Json } from '../json.ts'
import { predicate } from '../query/evaluate.ts'
import { expressions, orders } from '../query/expression.suite.ts'
import type { Expression } from '../query/expression.ts'
import { type Fixture, films, lookupOf } from '../query/films.suite.ts'
import { sorter } from '../query/order.ts'
import { KEY, type Order, type Query, type Row } from '../query/query.ts'
import type { Snapshot } from './reader.ts'

/** A query without its fields: which rows, in which order, in pages of which size, from which parents. */
export interface Asked {
  readonly entity: string
  readonly where: Expression
  readonly order: readonly Order[]
  readonly size: number
  /** Every row of `entity` is a parent. */
  readonly under: { readonly entity: string; readonly relation: string } | null
}

export const asked: fc.Arbitrary<Asked> = fc
  .constantFrom<readonly [string, Asked['under']]>(
    ['Film', null],
    ['Film', null],
    ['Review', null],
    ['Film', { entity: 'Tag', relation: 'films' }],
    ['Film', { entity: 'Person', relation: 'directed' }],
    ['Tag', { entity: 'Film', relation: 'tags' }],
    ['Review', { entity: 'Film', relation: 'reviews' }],
    ['Review', { entity: 'Person', relation: 'mentions' }],
    ['Poster', { entity: 'Film', relation: 'poster' }],
  )
  .chain(([entity, under]) =>
    fc.record({
      entity: fc.constant(entity),
      where: expressions(entity),
      order: orders(entity),
      size: fc.integer({ min: 1, max: 4 }),
      under: fc.constant(under),
    }),
  )

/** The reader's answers beside the evaluator's, over the fixture as it was loaded. */
export async function compare(
  snapshot: Snapshot,
  fixture: Fixture,
  { entity, where, order, size, under }: Asked,
): Promise<void> {
  const lookup = lookupOf(fixture)
  const holds = predicate(films, entity, where)
  const { key, compare: inOrder } = sorter(films, entity, order)
  const keyed = (rows: Iterable<Row>) =>
    [...rows]
      .filter(row => holds(row, lookup))
      .map(row => ({ id: row.id, key: key(row, lookup) }))
      .sort((a, b) => inOrder(a.key, b.key))
  const parents = under ? (fixture.rows[under.entity] ?? []).map(({ id }) => id) : []
  const lists = under
    ? parents.map(id => keyed(lookup.related(under.entity, under.relation, id)))
    : [keyed(fixture.rows[entity] ?? [])]
  const base: Query = {
    entity,
    fields: [],
    where,
    order,
    ...(under ? { under: { ...under, ids: parents } } : {}),
  }
  const idsOf = (pages: readonly (readonly Row[])[]) => pages.map(page => page.map(({ id }) => id))

  expect(idsOf(await snapshot.pages(base))).toEqual(lists.map(list => list.map(({ id }) => id)))
  if (under) {
    const heads = lists.map(list => list.slice(0, size).map(({ id }) => id))
    expect(idsOf(await snapshot.pages({ ...base, limit: size }))).toEqual(heads)
    const tails = lists.map(list => list.slice(-size).map(({ id }) => id))
    expect(idsOf(await snapshot.pages({ ...base, limit: size, reverse: true }))).toEqual(tails)
    return
  }
  const [list = []] = lists
  const keys = new Map(list.map(({ id, key }) => [id, key]))
  const walked: string[] = []
  for (let after: readonly Json[] | undefined; walked.length <= list.length; ) {
    const [page = []] = idsOf(await snapshot.pages({ ...base, limit: size, ...(after ? { after } : {}) }))
    walked.push(...page)
    after = keys.get(page.at(-1) ?? '')
    if (page.length < size || !after) break
  }
  expect(walked).toEqual(list.map(({ id }) => id))
  await compareBackwards(snapshot, { ...base, limit: size, reverse: true, keyed: true }, list)
}

/** From the end, page by page, each before the first key of the one behind it, as the reader itself gave it. */
async function compareBackwards(
  snapshot: Snapshot,
  query: Query & { readonly limit: number },
  list: readonly { readonly id: string; readonly key: readonly Json[] }[],
): Promise<void> {
  const walked: { readonly id: string; readonly key: Json | undefined }[] = []
  for (let before: readonly Json[] | undefined; walked.length <= list.length; ) {
    const [page = []] = await snapshot.pages({ ...query, ...(before ? { before } : {}) })
    walked.unshift(...page.map(row => ({ id: row.id, key: row[KEY] })))
    const key = page[0]?.[KEY]
    if (page.length < query.limit || !isList(key)) break
    before = key
  }
  expect(walked).toEqual(list)
  const middle = list[Math.floor(list.length / 2)]
  if (!middle) return
  const { limit: _, reverse: __, ...all } = query
  const idsIn = async (more: Partial<Query>) =>
    ((await snapshot.pages({ ...all, inclusive: true, ...more }))[0] ?? []).map(({ id }) => id)
  const at = list.indexOf(middle)
  expect(await idsIn({ after: middle.key })).toEqual(list.slice(at).map(({ id }) => id))
  expect(await idsIn({ before: middle.key })).toEqual(list.slice(0, at + 1).map(({ id }) => id))
  expect(await idsIn({ after: middle.key, before: middle.key })).toEqual([middle.id])
}
