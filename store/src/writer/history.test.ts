import type { Change } from '@zg/core/change/change'
import { createClock } from '@zg/core/change/clock'
import { delivery } from '@zg/core/change/history.suite'
import { type Instance, NOTHING } from '@zg/core/change/instance'
import { distinct, merge, undo } from '@zg/core/change/merge'
import { parseChange } from '@zg/core/change/parse'
import type { Json } from '@zg/core/json'
import { projections } from '@zg/core/memory/projection'
import { memoryReader } from '@zg/core/memory/reader'
import { type MemoryStorage, memoryStorage, type TenantState } from '@zg/core/memory/storage'
import { films } from '@zg/core/ports/ports.suite'
import type { Storage } from '@zg/core/ports/storage'
import type { Mutation } from '@zg/core/ports/writer'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { histories, mutationsOf } from './history.fixture.ts'
import type { Host } from './host.ts'
import type { Oracle } from './oracle.fixture.ts'
import { inOrder, type Settled } from './order.fixture.ts'
import { expectFeed, expectRows, fakeHost, play } from './play.fixture.ts'
import { createWriter } from './writer.ts'

const TENANTS = ['one', 'two']

test('any history: rows, verdicts, log, claims, references and feed are what they should be', async () => {
  await fc.assert(
    fc.asyncProperty(histories, fc.nat(), fc.constantFrom(1, 3, 1_000), async (history, draw, limit) => {
      const memory = memoryStorage({ catalog: films, log: 'memory' })
      const source = projections(films, tenant => memory.tenant(tenant))
      const reader = memoryReader({ catalog: films, log: 'memory', source })
      const check = async (oracles: ReadonlyMap<string, Oracle>): Promise<void> => {
        await expectRows(reader, oracles)
        for (const [tenant, oracle] of oracles) expectState(memory.tenant(tenant), oracle, draw)
      }
      const played = await play(inPieces(memory, limit), mutationsOf(history, TENANTS), TENANTS, check)
      await expectFeed(played, 'memory', draw)
    }),
    { numRuns: 300 },
  )
}, 60_000)

test('two gateways at once: every outcome is that of one order, the order of the log', async () => {
  await fc.assert(
    fc.asyncProperty(histories, fc.nat(), async (history, draw) => {
      const memory = memoryStorage({ catalog: films, log: 'memory' })
      const host = fakeHost()
      const gateways = [1n, 2n].map(replica => {
        const clock = createClock({ now: host.now, replica })
        return createWriter({ storage: slowly(memory, host), catalog: films, schema: 'schema', clock, host })
      })
      // Retries are answered from the past, which is no part of this order.
      const mutations = mutationsOf(history, TENANTS).map(batch =>
        batch.map(({ scope, acts }) => ({ scope, acts })),
      )
      const [beginnings = [], ...rest] = mutations
      const commit = async (mutation: Mutation, i: number): Promise<Settled> => {
        for (let pause = (draw >> (i % 7)) % 4; pause > 0; pause--) await host.breathe()
        const outcome = await gateways[(draw + i) % 2]?.commit(mutation)
        if (!outcome) throw new Error('There are two gateways')
        return { mutation, outcome }
      }
      const settled = await Promise.all(beginnings.map(commit))
      settled.push(...(await Promise.all(rest.flat().map(commit))))
      await Promise.all(gateways.map(gateway => gateway.close()))
      for (const tenant of TENANTS) {
        const own = settled.filter(({ mutation }) => mutation.scope.tenant === tenant)
        const oracle = inOrder(tenant, own)
        expectState(memory.tenant(tenant), oracle, draw)
      }
    }),
    { numRuns: 100 },
  )
})

/** Loads take a while, so that one gateway finds the other's tenants locked. */
function slowly(memory: MemoryStorage, host: Host): Storage {
  return {
    ...memory,
    batch: (tenants, options, work) =>
      memory.batch(tenants, options, batch =>
        work({
          ...batch,
          load: async (tenant, needs) => {
            const facts = await batch.load(tenant, needs)
            await host.breathe()
            return facts
          },
        }),
      ),
  }
}

/** The log in pieces of about `limit` entries, so that followers need many. */
function inPieces(memory: MemoryStorage, limit: number): Storage {
  return { ...memory, entries: (tenant, after) => memory.entries(tenant, after, limit) }
}

function expectState(state: TenantState, oracle: Oracle, draw: number): void {
  expectLog(state)
  const { entries } = state
  const byInstance = new Map<string, Change[]>()
  for (const { change } of entries) {
    const key = `${change.entity}/${change.key}`
    byInstance.set(key, [...(byInstance.get(key) ?? []), change])
  }
  for (const [key, changes] of byInstance) {
    const stored = state.instances.get(key)?.instance ?? NOTHING
    expect(normal(merge(changes))).toEqual(stored)
    expect(normal(merge(distinct(delivery(changes, draw))))).toEqual(stored)
  }
  expect([...state.instances.keys()].filter(key => !byInstance.has(key))).toEqual([])

  const undone = new Map([...state.instances].map(([key, { instance }]) => [key, instance]))
  for (const { change, before } of entries.toReversed()) {
    const key = `${change.entity}/${change.key}`
    undone.set(key, undo(undone.get(key) ?? NOTHING, change, before))
  }
  for (const instance of undone.values()) expect(instance).toEqual(NOTHING)

  const posters = oracle.rows('Poster').map(({ id, film }) => [`7.1/${JSON.stringify([film])}`, id] as const)
  expect(new Map(state.claims)).toEqual(new Map(posters))
  expect(inboundOf(state)).toEqual(referencesOf(oracle))
}

/** Gapless, every mutation closed by `last` and by nothing before it, stamps rising, each change a legal one. */
function expectLog({ entries, head }: TenantState): void {
  expect(entries.map(({ seq }) => seq)).toEqual(entries.map((_, i) => i + 1))
  expect(head).toEqual({ seq: entries.length, hlc: entries.at(-1)?.change.id ?? null })
  const ends = entries.map(({ change }, i) => mutationOf(change) !== mutationOf(entries[i + 1]?.change))
  expect(entries.map(({ last }) => last)).toEqual(ends)
  entries.forEach(({ change }, i) => {
    expect(parseChange(change)).toBe(change)
    const previous = entries[i - 1]
    expect(change.mutation.index).toBe(previous && !previous.last ? previous.change.mutation.index + 1 : 0)
    if (previous) expect(change.id > previous.change.id).toBe(true)
  })
}

function mutationOf(change: Change | undefined): string {
  return JSON.stringify([change?.by, change?.mutation.client, change?.mutation.n])
}

/** An edge without tags is as good as none. */
function normal(instance: Instance): Instance {
  const cell = instance.cells[0]
  return cell?.kind === 'edge' && Object.keys(cell.tags).length === 0 ? NOTHING : instance
}

function inboundOf(state: TenantState): readonly string[] {
  return [...state.inbound].flatMap(([to, list]) => [...list.keys()].map(from => `${to} <- ${from}`)).sort()
}

function referencesOf(oracle: Oracle): readonly string[] {
  return films.entities
    .flatMap(({ ir }) =>
      oracle.rows(ir.name).flatMap(row =>
        ir.fields.flatMap(({ name, number, type }) => {
          const to: Json = type.kind === 'ref' ? (row[name] ?? null) : null
          if (type.kind !== 'ref' || to === null) return []
          return [`${films.entity(type.to).ir.number}/${to} <- ${ir.number}/${row.id}/${number}`]
        }),
      ),
    )
    .sort()
}
