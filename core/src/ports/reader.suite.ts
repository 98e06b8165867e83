import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fixtures } from '../query/films.suite.ts'
import { totalOrder } from '../query/order.ts'
import { aggregateReads } from './aggregateReads.suite.ts'
import { asked, compare } from './asked.suite.ts'
import { compareAggregates, measured } from './measured.suite.ts'
import { pageReads } from './pageReads.suite.ts'
import { type ReaderHarness, reading } from './reading.suite.ts'
import { searchReads } from './searchReads.suite.ts'
import { whereReads } from './whereReads.suite.ts'

/** How much chance is involved: so many random databases, and so many random queries of each. */
export interface Chance {
  readonly fixtures: number
  /** Per fixture. */
  readonly queries: number
}

/** As many databases of 40 queries each as make `count` queries. */
export function chanceOf(count: number): Chance {
  return { fixtures: Math.ceil(count / 40), queries: 40 }
}

/** What every Reader answers. */
export function readerSuite(
  name: string,
  harness: () => ReaderHarness,
  chance: Chance = chanceOf(400),
): void {
  const patience = 60_000 + chance.fixtures * chance.queries * 100
  describe(`${name}: reader`, () => {
    const library = reading(harness)
    const { read, loaded } = library
    whereReads(library)
    pageReads(library)
    searchReads(library)
    aggregateReads(library)

    describe('rows', () => {
      test('come in the order asked, null where there is none, repeated if asked twice', async () => {
        const rows = await read(snapshot =>
          snapshot.rows('Film', ['year'], ['film_c', 'film_none', 'film_a', 'film_c']),
        )
        expect(rows).toEqual([
          { id: 'film_c', year: 1979 },
          null,
          { id: 'film_a', year: 1968 },
          { id: 'film_c', year: 1979 },
        ])
        expect(await read(snapshot => snapshot.rows('Film', ['year'], []))).toEqual([])
      })

      test('are found under their own entity only', async () => {
        expect(await read(snapshot => snapshot.rows('Person', [], ['film_a']))).toEqual([null])
      })
    })

    describe('snapshots', () => {
      test('have a position in the tenant', async () => {
        const { log, seqs } = await read(snapshot => snapshot.position())
        expect(log).not.toBe('')
        expect(Object.keys(seqs)).toContain(loaded().scope.tenant)
      })

      test('once closed they throw, and may be closed again', async () => {
        const snapshot = loaded().reader.open(loaded().scope)
        await snapshot.rows('Film', [], ['film_a'])
        await snapshot.close()
        await snapshot.close()
        const attempts = [
          () => snapshot.position(),
          () => snapshot.rows('Film', [], ['film_a']),
          () => snapshot.pages({ entity: 'Film', fields: [], order: totalOrder([]) }),
        ]
        for (const attempt of attempts) await expect((async () => attempt())()).rejects.toThrow()
      })

      test('close without a read', async () => {
        await loaded().reader.open(loaded().scope).close()
      })
    })

    test(
      'random aggregates over random rows answer as those in memory do',
      async () => {
        const queries = fc.array(measured, { minLength: chance.queries, maxLength: chance.queries })
        await fc.assert(
          fc.asyncProperty(fixtures, queries, async (fixture, list) => {
            const from = await harness().load(fixture)
            await read(async snapshot => {
              for (const one of list) await compareAggregates(snapshot, fixture, one)
            }, from)
          }),
          { numRuns: chance.fixtures, endOnFailure: true },
        )
      },
      patience,
    )

    test(
      'random queries over random rows answer as the evaluator does, and pages add up to the list',
      async () => {
        const queries = fc.array(asked, { minLength: chance.queries, maxLength: chance.queries })
        await fc.assert(
          fc.asyncProperty(fixtures, queries, async (fixture, list) => {
            const from = await harness().load(fixture)
            await read(async snapshot => {
              for (const one of list) await compare(snapshot, fixture, one)
            }, from)
          }),
          // Shrinking would load the database hundreds of times; the seed replays the failure.
          { numRuns: chance.fixtures, endOnFailure: true },
        )
      },
      patience,
    )
  })
}
