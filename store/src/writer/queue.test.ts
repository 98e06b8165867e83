import { film, films } from '@zg/core/ports/ports.suite'
import { ANONYMOUS } from '@zg/core/ports/scope'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createQueue, type Pending, scopeOf } from './queue.ts'
import { readTask } from './read.ts'

let made = 0
function pending(tenant: string, acts = 1): Pending & { readonly order: number } {
  const mutation = {
    scope: { tenant, principal: ANONYMOUS },
    acts: Array.from({ length: acts }, () => film('a')),
  }
  const task = { kind: 'mutation', mutation } as const
  const request = readTask(films, task, {})
  return { task, request, order: made++, resolve: () => {}, reject: () => {} }
}
const orderOf = (one: Pending) => (one as ReturnType<typeof pending>).order
const tenantOf = (one: Pending) => scopeOf(one).tenant
const actsOf = (list: readonly Pending[]) =>
  list.reduce((sum, { task }) => sum + (task.kind === 'mutation' ? task.mutation.acts.length : 0), 0)

const arrivals = fc.array(fc.record({ tenant: fc.constantFrom('a', 'b', 'c'), acts: fc.nat(8) }), {
  minLength: 1,
  maxLength: 30,
})

test('everybody is taken once, in order within a tenant, and a batch stays about as large as it may be', () => {
  fc.assert(
    fc.property(arrivals, fc.integer({ min: 1, max: 10 }), (list, limit) => {
      const queue = createQueue()
      const pushed = list.map(({ tenant, acts }) => pending(tenant, acts))
      for (const one of pushed) queue.push(one)
      const taken: Pending[] = []
      while (queue.size > 0) {
        const batch = queue.next(limit)
        expect(batch.length).toBeGreaterThan(0)
        expect(actsOf(batch.slice(0, -1))).toBeLessThanOrEqual(limit)
        taken.push(...batch)
        queue.settle(batch, batch)
      }
      expect(taken.map(orderOf).sort((a, b) => a - b)).toEqual(pushed.map(orderOf))
      for (const tenant of ['a', 'b', 'c']) {
        const own = (all: readonly Pending[]) => all.filter(one => tenantOf(one) === tenant)
        expect(own(taken)).toEqual(own(pushed))
      }
    }),
  )
})

test('a busy tenant does not keep the others waiting: each has a turn in as many batches as there are tenants', () => {
  const queue = createQueue()
  for (let i = 0; i < 1_000; i++) queue.push(pending('busy'))
  for (const tenant of ['x', 'y', 'z']) queue.push(pending(tenant))
  const served = new Set<string>()
  for (let i = 0; i < 4; i++) {
    const batch = queue.next(1)
    for (const one of batch) served.add(tenantOf(one))
    queue.settle(batch, batch)
    queue.push(pending('busy'))
  }
  expect([...served].sort()).toEqual(['busy', 'x', 'y', 'z'])
})

test('who is not settled stays where he was', () => {
  const queue = createQueue()
  const [first, second] = [pending('a'), pending('a')]
  queue.push(first)
  queue.push(second)
  expect(queue.next(1)).toEqual([first])
  queue.settle([first], [])
  expect(queue.next(1)).toEqual([first])
  queue.settle([first], [first])
  expect(queue.nextOf('a', 9)).toEqual([second])
  expect(queue.size).toBe(1)
  expect(queue.nextOf('nobody', 9)).toEqual([])
})
