import { entity, f, model } from '@zg/schema-builder'
import type { Database } from '@zg/store/session'
import { openStore, type Store } from '@zg/store/store'
import { isObjectType, parse } from 'graphql'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Answer, mirrored } from './mirror.fixture.ts'
import { storeApi } from './store-api.ts'

const Customer = entity({
  id: f.id({ key: 'name' }),
  name: f.string().once(),
  invoices: f.many('Invoice', 'customer'),
  owes: f.computed<`${number}`>(),
  count: f.computed<number>(),
})
const Invoice = entity({
  id: f.id({ key: 'number' }),
  number: f.int().once(),
  customer: f.one('Customer').optional(),
  lines: f.many('Line', 'invoice'),
  tags: f.manyToMany('Tag'),
  views: f.counter(),
  total: f.computed<`${number}`>(),
  gross: f.computed<`${number}`>(),
  payer: f.computed<string>(),
  weighed: f.computed<`${bigint}`>(),
  mass: f.computed<number | null>(),
})
const Line = entity({
  id: f.id({ key: 'name' }),
  name: f.string().once(),
  invoice: f.one('Invoice').onDelete('cascade'),
  unit: f.decimal({ scale: 2 }),
  qty: f.int(),
  weight: f.float().optional(),
  bonus: f.bigint().optional(),
  amount: f.computed<`${number}`>(),
  worth: f.computed<`${bigint}` | null>(),
  late: f.computed<number>(),
})
const Tag = entity({ id: f.id({ key: 'name' }), name: f.string().once(), weight: f.int() })
const shop = model({ open: true, entities: { Customer, Invoice, Line, Tag } }).define({
  Customer: { computed: { owes: c => c.invoices.sum(i => i.total), count: c => c.invoices.count() } },
  Invoice: {
    computed: {
      total: i => i.lines.sum(l => l.amount),
      gross: i => i.total.times('1.19').plus(5),
      payer: i => i.customer.name,
      weighed: i => i.tags.sum(t => t.weight).minus(i.views),
      mass: i => i.lines.sum(l => l.weight),
    },
  },
  Line: {
    computed: {
      amount: l => l.unit.times(l.qty),
      worth: l => l.bonus.times(l.qty).plus(1),
      late: l => l.invoice.lines.count(),
    },
  },
})

/** Computed fields over own fields and over relations, from GraphQL to the database and back. */
export function computedSuite(name: string, open: () => Promise<Database>): void {
  describe(`${name}: computed fields over GraphQL`, () => {
    let database: Database
    let store: Store
    let ask: (text: string, variables?: object) => Promise<Answer>
    beforeAll(async () => {
      expect(shop.problems).toEqual([])
      expect(shop.ir.unenforced).toEqual([])
      database = await open()
      store = await openStore(database, shop.ir, shop)
      ask = mirrored(store)
      const { done } = await ask(`mutation { done: createInvoices(inputs: [
        { number: 1, customer: { create: { name: "Ada" } }, views: { increment: "3" }
          addTags: [{ create: { name: "x", weight: 5 } }, { create: { name: "y", weight: -2 } }]
          addLines: [
            { create: { name: "a", unit: "0.10", qty: 3, weight: 0.1, bonus: "9223372036854775807" } }
            { create: { name: "b", unit: "19.99", qty: -2, weight: 0.2 } }
          ] }
        { number: 2, addLines: [{ create: { name: "c", unit: "999999999999999999999999999999999999.99", qty: 2000000000, bonus: "-1" } }] }
        { number: 3, customer: { connect: "customer_Ada" } }
      ]) { __typename ... on Problem { code path message } } }`)
      expect(done).toEqual({ __typename: 'InvoicesPayload' })
    })
    afterAll(async () => {
      await store.close()
      await database.close()
    })
    const numbers = (list: unknown) => (list as { nodes: { number: number }[] }).nodes.map(one => one.number)

    test('values are exact, and null where an operand is', async () => {
      const { invoices, lines, customers } = await ask(`{
        invoices { nodes { total gross payer weighed mass } }
        lines { nodes { amount worth late } }
        customers { nodes { owes count } }
      }`)
      const big = '1999999999999999999999999999999999999980000000.00'
      expect(invoices).toEqual({
        nodes: [
          { total: '-39.68', gross: '-42.2192', payer: 'Ada', weighed: '0', mass: 0.3 },
          {
            total: big,
            gross: '2379999999999999999999999999999999999976200005.0000',
            payer: null,
            weighed: '0',
            mass: 0,
          },
          { total: '0.00', gross: '5.0000', payer: 'Ada', weighed: '0', mass: 0 },
        ],
      })
      expect(lines).toEqual({
        nodes: [
          { amount: '0.30', worth: '27670116110564327422', late: 2 },
          { amount: '-39.98', worth: null, late: 2 },
          { amount: big, worth: '-1999999999', late: 1 },
        ],
      })
      expect(customers).toEqual({ nodes: [{ owes: '-39.68', count: 2 }] })
    })

    test('they come with related rows, alone and by node', async () => {
      const { invoice, node } = await ask(`{
        invoice(id: "invoice_1") { lines(orderBy: { amount: ASC }) { nodes { amount invoice { total } } } customer { count } }
        node(id: "customer_Ada") { ... on Customer { owes } }
      }`)
      expect(invoice).toEqual({
        lines: { nodes: ['-39.98', '0.30'].map(amount => ({ amount, invoice: { total: '-39.68' } })) },
        customer: { count: 2 },
      })
      expect(node).toEqual({ owes: '-39.68' })
    })

    test.each([
      ['where: { total: { lt: "0.01" } }', [1, 3]],
      ['where: { total: { eq: "0" } }', [3]],
      ['where: { not: { gross: { gt: "5" } } }', [1, 3]],
      ['where: { payer: { startsWith: "A" } }', [1, 3]],
      ['where: { payer: { isNull: true } }', [2]],
      ['where: { lines: { some: { worth: { isNull: true } } } }', [1]],
      ['where: { customer: { count: { gte: 2 } } }', [1, 3]],
      ['where: { mass: { gt: 0.25 } }', [1]],
      ['orderBy: { total: DESC }', [2, 3, 1]],
      ['orderBy: [{ payer: DESC }, { gross: DESC }]', [2, 3, 1]],
      ['orderBy: [{ customer: { owes: ASC } }, { number: DESC }]', [3, 1, 2]],
    ])('invoices(%s)', async (args, expected) => {
      expect(numbers((await ask(`{ invoices(${args}) { nodes { number } } }`)).invoices)).toEqual(expected)
    })

    test('pages go on behind a computed value, however great', async () => {
      const found: number[] = []
      let after: string | null = null
      do {
        const { invoices } = await ask(
          'query ($after: String) { invoices(first: 1, after: $after, orderBy: { total: DESC }) { nodes { number } pageInfo { endCursor hasNextPage } } }',
          { after },
        )
        found.push(...numbers(invoices))
        const { pageInfo } = invoices as { pageInfo: { endCursor: string; hasNextPage: boolean } }
        after = pageInfo.hasNextPage ? pageInfo.endCursor : null
      } while (after !== null && found.length < 9)
      expect(found).toEqual([2, 3, 1])
    })

    test('they are measured, of all rows and below a parent', async () => {
      const { invoices, lines, customer } = await ask(`{
        invoices { aggregate { sum { total mass } min { total } max { payer } countDistinct { payer } avg { mass } } }
        lines(where: { late: { gt: 1 } }) { aggregate { count sum { late worth } max { late } } }
        customer(id: "customer_Ada") { invoices { aggregate { sum { total weighed } countDistinct { total } } } }
      }`)
      expect(invoices).toEqual({
        aggregate: {
          sum: { total: '1999999999999999999999999999999999999979999960.32', mass: 0.3 },
          min: { total: '-39.68' },
          max: { payer: 'Ada' },
          countDistinct: { payer: 1 },
          avg: { mass: 0.3 / 3 },
        },
      })
      expect(lines).toEqual({
        aggregate: { count: 2, sum: { late: '4', worth: '27670116110564327422' }, max: { late: 2 } },
      })
      expect(customer).toEqual({
        invoices: { aggregate: { sum: { total: '-39.68', weighed: '0' }, countDistinct: { total: 2 } } },
      })
    })

    test('rows are grouped by them, and groups chosen and sorted', async () => {
      const { invoiceGroups, lineGroups, totals } = await ask(`{
        invoiceGroups(by: [payer], orderBy: [{ sum: { total: ASC } }]) { keys { payer } aggregate { count } }
        lineGroups(by: [late, invoice], having: { sum: { amount: { lt: "0" } }, countDistinct: { amount: { gte: 2 } } }) {
          keys { late invoice { id } } aggregate { countDistinct { amount } sum { amount } }
        }
        totals: invoiceGroups(by: [gross], where: { number: { ne: 2 } }, orderBy: [{ key: { gross: DESC } }]) { keys { gross } }
      }`)
      expect(invoiceGroups).toEqual([
        { keys: { payer: 'Ada' }, aggregate: { count: 2 } },
        { keys: { payer: null }, aggregate: { count: 1 } },
      ])
      expect(lineGroups).toEqual([
        {
          keys: { late: 2, invoice: { id: 'invoice_1' } },
          aggregate: { countDistinct: { amount: 2 }, sum: { amount: '-39.68' } },
        },
      ])
      expect(totals).toEqual([{ keys: { gross: '5.0000' } }, { keys: { gross: '-42.2192' } }])
    })

    test('each is as null as what it is made from', () => {
      const { schema } = storeApi(store)
      const types = (name: string) => {
        const type = schema.getType(name)
        if (!isObjectType(type)) throw new Error(`no ${name}`)
        return (...fields: string[]) =>
          fields.map(field => `${field} ${type.getFields()[field]?.type}`).join()
      }
      expect(types('Customer')('owes', 'count')).toBe('owes Decimal!,count Int!')
      expect(types('Invoice')('total', 'gross', 'payer', 'weighed', 'mass')).toBe(
        'total Decimal!,gross Decimal!,payer String,weighed BigInt!,mass Float',
      )
      expect(types('Line')('amount', 'worth', 'late')).toBe('amount Decimal!,worth BigInt,late Int')
    })

    test('they are in no input', () => {
      const { schema } = storeApi(store)
      for (const input of ['CreateInvoiceInput', 'UpdateInvoiceInput', 'InvoiceChangeWhere']) {
        const type = schema.getType(input)
        if (!type || !('getFields' in type)) throw new Error(`no ${input}`)
        expect(Object.keys(type.getFields())).not.toContain('total')
      }
    })

    test('a live query follows what a computed field is made from, and a feed tells it as it is now', async () => {
      const listen = async (text: string) => {
        const results = await storeApi(store, { coalesce: 0 }).subscribe({
          document: parse(text),
          signal: AbortSignal.timeout(10_000),
        })
        if (!(Symbol.asyncIterator in results)) throw new Error(JSON.stringify(results))
        return results[Symbol.asyncIterator]()
      }
      const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value))
      const live = await listen('subscription { customer(id: "customer_Ada") { owes } }')
      // Of a list of customers only what hangs on their invoices' lines is asked.
      const counted = await listen('subscription { customers { aggregate { max { owes } } } }')
      expect(plain((await counted.next()).value)).toEqual({
        data: { customers: { aggregate: { max: { owes: '-39.68' } } } },
      })
      const feed = await listen(
        'subscription { lineChanges { events { line { amount invoice { total } } } } }',
      )
      const told = feed.next()
      expect(plain((await live.next()).value)).toEqual({ data: { customer: { owes: '-39.68' } } })
      await ask('mutation { updateLine(id: "line_a", input: { qty: 4 }) { __typename } }')
      expect(plain((await live.next()).value)).toEqual({ data: { customer: { owes: '-39.58' } } })
      expect(plain((await told).value)).toEqual({
        data: { lineChanges: { events: [{ line: { amount: '0.40', invoice: { total: '-39.58' } } }] } },
      })
      expect(plain((await counted.next()).value)).toEqual({
        data: { customers: { aggregate: { max: { owes: '-39.58' } } } },
      })
      await counted.return?.()
      await live.return?.()
      await feed.return?.()
    })
  })
}
