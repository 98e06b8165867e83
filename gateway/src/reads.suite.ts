import type { Act, FieldAct } from '@zg/core/act/act'
import { filmModel } from '@zg/core/ir/film.fixture'
import { ANONYMOUS, MAIN } from '@zg/core/ports/scope'
import type { Database } from '@zg/store/session'
import { openStore, type Store } from '@zg/store/store'
import { parse } from 'graphql'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Api } from './api.ts'
import { storeApi } from './store-api.ts'

const scope = { tenant: MAIN, principal: ANONYMOUS }
const set = (value: string | number | null): FieldAct => ({ kind: 'set', value })

function made(entity: string, id: string, fields: { readonly [name: string]: FieldAct }): Act {
  return { kind: 'create', entity, id, fields }
}

const pick = <T>(list: readonly T[], n: number): T => list[n % list.length] as T

/** Films whose numbers are spread by a few primes: ties, gaps and missing values everywhere. */
function library(films: number): readonly Act[] {
  const people = Array.from({ length: 12 }, (_, i) => made('Person', `person_${i}`, { name: set(`P${i}`) }))
  const tags = Array.from({ length: 5 }, (_, i) => made('Tag', `tag_${i}`, { name: set(`T${i}`) }))
  const rows = Array.from({ length: films }, (_, i) => {
    const day = new Date(Date.UTC(1970, 0, 1 + ((i * 37) % 900)))
    return made('Film', `film_${i}`, {
      title: set(`Film ${(i * 7919) % 97}`),
      year: set(i % 11 ? 1950 + ((i * 31) % 70) : null),
      score: set(i % 5 ? ((i * 17) % 100) / 10 : null),
      gross: set(i % 3 ? String(9_007_199_254_740_993n + BigInt(i) * 1_000_003n) : null),
      budget: set(i % 4 ? `${(i * 1_009) % 5_000}.${String((i * 13) % 100).padStart(2, '0')}` : null),
      rating: set(pick(['G', 'PG', 'R', null], i * 5)),
      released: set(i % 7 ? day.toISOString().slice(0, 10) : null),
      addedAt: set(day.toISOString()),
      likes: { kind: 'increment', by: String((i * 7) % 50) },
      director: set(i % 6 ? `person_${(i * 5) % 11}` : null),
      tags: { kind: 'alter', add: [`tag_${i % 5}`, `tag_${(i * 3) % 5}`], remove: [] },
    })
  })
  const reviews = Array.from({ length: films * 2 }, (_, i) =>
    made('Review', `review_${i}`, {
      film: set(`film_${(i * 13) % films}`),
      text: set(i % 2 ? `fine ${i}` : 'dull and long'),
      stars: set(1 + (i % 5)),
    }),
  )
  return [...people, ...tags, ...rows, ...reviews]
}

/** An API over films, and the same database by SQL. */
export interface Library {
  readonly api: Api
  readonly store: Store
  ask(document: string, variables?: object): Promise<Record<string, unknown>>
}

export async function openLibrary(database: Database, acts: readonly Act[] = library(240)): Promise<Library> {
  const store = await openStore(database, filmModel)
  const { verdict } = await store.writer.commit({ scope, acts })
  expect(verdict.problems).toEqual([])
  const api = storeApi(store)
  return {
    api,
    store,
    ask: async (text, variables) => {
      const result = await api.execute({
        document: parse(text),
        variableValues: { ...variables },
        signal: AbortSignal.timeout(60_000),
      })
      expect(result.errors).toBeUndefined()
      return result.data as Record<string, unknown>
    },
  }
}

/** What GraphQL counts, measures and groups, beside SQL written by hand. */
export function readsSuite(name: string, open: () => Promise<Database>): void {
  describe(`${name}: numbers beside SQL`, () => {
    let database: Database
    let library: Library
    beforeAll(async () => {
      database = await open()
      library = await openLibrary(database)
    })
    afterAll(async () => {
      await library.store.close()
      await database.close()
    })

    const sql = async (text: string) => await database.query(text)

    test('aggregates of a filtered list', async () => {
      const { films } = (await library.ask(`{
        films(first: 1, where: { year: { gte: 1970 } }) {
          totalCount
          aggregate {
            count countDistinct { director rating title } sum { year gross budget likes score }
            avg { year gross score budget } min { title released gross } max { addedAt rating budget score }
          }
        }
      }`)) as { films: { totalCount: number; aggregate: Record<string, Record<string, unknown>> } }
      const [row = {}] = await sql(`
        select count(*)::int as count, count(distinct director_id)::int as directors, count(distinct rating)::int as ratings,
          count(distinct title)::int as titles, sum(year)::text as years, sum(gross)::text as gross,
          sum(budget)::text as budgets, sum(likes)::text as likes, sum(score) as scores, avg(year)::float8 as year,
          avg(gross)::float8 as mean, avg(score) as score, avg(budget)::float8 as budget,
          min(title collate "C") as title, min(released)::text as released, min(gross)::text as least,
          to_char(max(added_at) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as added, max(rating) as rating,
          max(budget)::text as most, max(score) as best
        from public.film where year >= 1970`)
      const { aggregate } = films
      expect(films.totalCount).toBe(row.count)
      expect(row.count).toBeGreaterThan(100)
      expect(aggregate.countDistinct).toEqual({
        director: row.directors,
        rating: row.ratings,
        title: row.titles,
      })
      expect(aggregate.sum).toEqual({
        year: row.years,
        gross: row.gross,
        budget: row.budgets,
        likes: row.likes,
        score: expect.closeTo(Number(row.scores), 9),
      })
      expect(BigInt(String(row.gross)) > 2n ** 59n).toBe(true)
      expect(aggregate.avg).toEqual({
        year: expect.closeTo(Number(row.year), 9),
        // Postgres rounds its average twice.
        gross: expect.closeTo(Number(row.mean), -1),
        score: expect.closeTo(Number(row.score), 12),
        budget: expect.closeTo(Number(row.budget), 9),
      })
      expect(aggregate.min).toEqual({ title: row.title, released: row.released, gross: row.least })
      expect(aggregate.max).toEqual({
        addedAt: row.added,
        rating: row.rating,
        budget: row.most,
        score: row.best,
      })
    })

    test('aggregates below rows: to-many, and many-to-many from either end', async () => {
      const answer = await library.ask(`{
        people { nodes { id directed(first: 0, where: { rating: { eq: R } }) { totalCount aggregate { sum { gross } max { year } } } } }
        tags { nodes { id films(where: { reviews: { some: { stars: { eq: 5 } } } }) { totalCount aggregate { countDistinct { director } } } } }
        films(first: 500) { nodes { id tags { totalCount } reviews { aggregate { avg { stars } } } } }
      }`)
      const people = answer.people as { nodes: { id: string; directed: Record<string, unknown> }[] }
      expect(people.nodes.map(({ id, directed }) => ({ id, ...flat(directed) }))).toEqual(
        await sql(`
          select p.id, count(f.id)::int as "totalCount", sum(f.gross)::text as gross, max(f.year) as year
          from public.person p left join public.film f on f.director_id = p.id and f.rating = 'R'
          group by p.id order by p.id collate "C"`),
      )
      const tags = answer.tags as { nodes: { id: string; films: Record<string, unknown> }[] }
      expect(tags.nodes.map(({ id, films }) => ({ id, ...flat(films) }))).toEqual(
        await sql(`
          select t.id, count(f.id)::int as "totalCount", count(distinct f.director_id)::int as director
          from public.tag t left join (
            public.film_tags e join public.film f on f.id = e.film_id
              and exists (select 1 from public.review r where r.film_id = f.id and r.stars = 5)
          ) on e.tag_id = t.id
          group by t.id order by t.id collate "C"`),
      )
      const films = answer.films as {
        nodes: {
          id: string
          tags: { totalCount: number }
          reviews: { aggregate: { avg: { stars: number } } }
        }[]
      }
      const rows = await sql(`
        select f.id, (select count(*)::int from public.film_tags e where e.film_id = f.id) as tags,
          (select avg(stars)::float8 from public.review r where r.film_id = f.id) as stars
        from public.film f order by f.id collate "C"`)
      expect(films.nodes.map(({ id, tags: own }) => ({ id, tags: own.totalCount }))).toEqual(
        rows.map(({ id, tags: own }) => ({ id, tags: own })),
      )
      for (const [i, { reviews }] of films.nodes.entries()) {
        expect(reviews.aggregate.avg.stars).toBeCloseTo(Number(rows[i]?.stars), 12)
      }
    })

    test('groups, with conditions on them, in another order, the first few', async () => {
      const { filmGroups } = (await library.ask(`{
        filmGroups(
          by: [director, rating], where: { year: { isNull: false } },
          having: { count: { gt: 2 }, avg: { year: { lt: 1990 } }, countDistinct: { title: { gt: 2 } } }
          orderBy: [{ countDistinct: { studio: DESC } }, { sum: { gross: DESC } }], first: 7
        ) { keys { director { id } rating } aggregate { count sum { gross } max { title } } }
      }`)) as { filmGroups: readonly Record<string, unknown>[] }
      const rows = await sql(`
        select director_id as id, rating, count(*)::int as count, sum(gross)::text as gross, max(title) as title
        from public.film where year is not null group by director_id, rating
        having count(*) > 2 and avg(year) < 1990 and count(distinct title) > 2
        order by count(distinct studio_id) desc, sum(gross) desc, director_id, rating limit 7`)
      expect(rows.length).toBe(7)
      expect(filmGroups.map(flat)).toEqual(
        rows.map(({ id = null, ...row }) => (id === null ? { director: null, ...row } : { id, ...row })),
      )
    })

    test('groups by the month of a day and of a time', async () => {
      const { filmGroups } = (await library.ask(`{
        filmGroups(by: [released, addedAt], unit: MONTH, first: 500) { keys { released addedAt } aggregate { count } }
      }`)) as { filmGroups: readonly Record<string, unknown>[] }
      expect(filmGroups.map(flat)).toEqual(
        await sql(`
          select to_char(released, 'YYYY-MM-01') as released,
            to_char(added_at at time zone 'UTC', 'YYYY-MM-01"T"00:00:00.000Z') as "addedAt", count(*)::int as count
          from public.film group by 1, 2 order by 1, 2`),
      )
    })

    test('a search finds by the words, and its index is one that Postgres can use', async () => {
      const { reviews } = (await library.ask(
        `{ reviews(search: "dull lon", first: 500, where: { stars: { gt: 2 } }) { totalCount nodes { text stars } } }`,
      )) as { reviews: { totalCount: number; nodes: { text: string; stars: number }[] } }
      const [row] = await sql(
        `select count(*)::int as n from public.review where text ~* 'dull.*long' and stars > 2`,
      )
      expect(reviews.totalCount).toBe(row?.n)
      expect(reviews.nodes).toHaveLength(Number(row?.n))
    })
  })
}

/** Nested numbers as columns of one row; an object that is null stays under its name. */
function flat(value: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, inner]) =>
      typeof inner === 'object' && inner !== null
        ? Object.entries(flat(inner as Record<string, unknown>))
        : [[name, inner]],
    ),
  )
}
