import { z } from 'zod'
import { type Create, type DefinedModel, entity, f, model, type Row } from '../index.ts'
import type ordersModel from './samples/orders.fixture.ts'
import { orders } from './samples/orders.fixture.ts'

// Types only: what compiles, what is inferred, and which mistakes are compile errors. Never run.

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
type Flat<T> = { [K in keyof T]: T[K] }
function same<_T extends true>(): void {}

// ---- rows and creates

same<
  Equal<
    Flat<Row<typeof orders, 'Line'>>,
    {
      readonly id: string
      readonly invoice: string
      readonly product: string
      readonly qty: number
      readonly unit: `${number}`
      readonly amount: `${number}`
    }
  >
>()
same<
  Equal<
    Flat<Row<typeof orders, 'Invoice'>>,
    {
      readonly id: string
      readonly org: string
      readonly number: string | null
      readonly customer: string
      readonly due: `${number}-${number}-${number}` | null
      readonly memo: string
      readonly total: `${number}`
      readonly about: string
      readonly status: 'draft' | 'sent' | 'paid' | 'void'
    }
  >
>()
same<Equal<Row<typeof orders, 'Customer'>['tags'], readonly string[]>>()
same<Equal<Row<typeof orders, 'Member'>['role'], 'owner' | 'billing' | 'viewer'>>()
same<Equal<Row<typeof orders, 'Product'>['stock'], `${bigint}`>>()
same<Equal<Row<typeof ordersModel, 'Line'>, Row<typeof orders, 'Line'>>>()

same<
  Equal<
    Flat<Create<typeof orders, 'Line'>>,
    {
      readonly invoice: string
      readonly product: string
      readonly qty: number
      readonly unit: `${number}`
      readonly id?: string
    }
  >
>()

export const line: Create<typeof orders, 'Line'> = { invoice: 'i', product: 'p', qty: 1, unit: '2.50' }
// @ts-expect-error qty is missing
export const lineWithoutQty: Create<typeof orders, 'Line'> = { invoice: 'i', product: 'p', unit: '2.50' }

const about = 'customer_c'
export const invoice: Create<typeof orders, 'Invoice'> = { org: 'o', customer: 'c', about }
// @ts-expect-error the gateway assigns the number
export const numbered: Create<typeof orders, 'Invoice'> = { number: 'INV-1', org: 'o', customer: 'c', about }
// @ts-expect-error computed, not given
export const summed: Create<typeof orders, 'Invoice'> = { total: '3', org: 'o', customer: 'c', about }

// ---- behaviour

orders.define({
  Invoice: {
    policy: {
      // @ts-expect-error no such state
      read: i => i.status.eq('sentt'),
      // @ts-expect-error no such field behind the relation
      create: i => i.customer.nope.isNull(),
      // @ts-expect-error wrong type
      update: i => i.due.gt('2020'),
      delete: i =>
        i.due
          .gt('2020-01-31')
          .and(i.customer.name.startsWith('A'))
          .and(i.lines.every(l => l.qty.gt(0))),
    },
  },
})
orders.define({
  // @ts-expect-error no such transition
  Invoice: { transitions: { launch: {} } },
})
// @ts-expect-error no such entity
orders.define({ Invoices: {} })
orders.define({
  // @ts-expect-error total is computed as a decimal, not as a number of the line
  Invoice: { computed: { total: i => i.status } },
})
const Till = entity({
  id: f.id(),
  sales: f.many('Sale', 'till'),
  count: f.computed<number>(),
  coins: f.computed<`${bigint}`>(),
  worth: f.computed<`${number}`>(),
  mass: f.computed<number | null>(),
})
const Sale = entity({
  id: f.id(),
  till: f.one('Till'),
  coins: f.int(),
  price: f.decimal({ scale: 2 }).optional(),
  mass: f.float(),
})
const tills = model({ open: true, entities: { Till, Sale } })
tills.define({
  Till: {
    computed: {
      count: t => t.sales.count(),
      // Sums and products of whole numbers are of any length, so they are text.
      coins: t => t.sales.sum(s => s.coins.times(2).plus(3n)).minus('4'),
      worth: t => t.sales.sum(s => s.price).times(1.5),
      mass: t => t.sales.sum(s => s.mass.times(s.coins)),
    },
  },
})
tills.define({
  Till: {
    computed: {
      // @ts-expect-error a sum of whole numbers is a bigint
      count: t => t.sales.sum(s => s.coins),
      // @ts-expect-error with a decimal among them it is one
      coins: t => t.sales.sum(s => s.coins.times('1.5')),
      // @ts-expect-error with a float among them it is one, and may be null
      worth: t => t.sales.sum(s => s.price.times(s.mass)),
    },
  },
})

// @ts-expect-error memo is not computed
orders.define({ Invoice: { computed: { memo: i => i.memo } } })
// @ts-expect-error null is asked for with isNull()
orders.define({ Invoice: { policy: { read: i => i.due.eq(null) } } })
// @ts-expect-error the claims have no such member
orders.define({ Invoice: { policy: { read: (i, a) => i.org.eq(a.claims.company) } } })
orders.define({
  Customer: {
    policy: {
      read: c => c.tags.has('vip'),
      // @ts-expect-error elements are strings
      create: c => c.tags.has(1),
      // @ts-expect-error a relation cannot be compared with a number
      update: c => c.org.eq(1),
    },
    rules: {
      // @ts-expect-error the lane is misspelt
      a: { check: c => c.tags.has('vip'), lane: 'guard', message: 'm' },
    },
  },
})

// ---- fields

// @ts-expect-error transition to a state that is not there
f.state({ a: { go: 'zz' }, b: {} })
// @ts-expect-error a default that is no value of the enum
f.enum('draft', 'live').default('lve')
// @ts-expect-error a text default on a number
f.int().default('1')
// @ts-expect-error counters start at zero
f.counter().default(1)
// @ts-expect-error counters are never null
f.counter().optional()
// @ts-expect-error sets are never null
f.set(f.string()).optional()
// @ts-expect-error elements of a set are never null
f.set(f.string().optional())
// @ts-expect-error sets hold scalars
f.set(f.counter())
f.decimal({ scale: 2 }).check(z.string().min(1)).default('1.50')
f.enum('a', 'b').check(z.enum(['a', 'b']))
// @ts-expect-error a decimal is text, so that it keeps its digits
f.decimal({ scale: 2 }).default(1.5)
// @ts-expect-error the schema says what the json holds
f.json(z.object({ size: z.number() })).default({ size: 'x' })
f.json().default([1, { any: 'thing' }])
// @ts-expect-error a check for numbers on a text
f.string().check(z.number())
// @ts-expect-error only relations can be deleted with their target
f.string().onDelete('cascade')
// @ts-expect-error no such action
f.one('User').onDelete('forget')
// @ts-expect-error not a value of the enum
f.enum('PG-13').graphql({ values: { 'PG-14': 'PG_14' } })
// @ts-expect-error 2020 is no date
f.date().default('2020')

const Post = entity(
  { id: f.id(), title: f.string(), likes: f.bigint() },
  { index: [['title'], { on: ['likes'] }] },
)
// @ts-expect-error no such field to index
entity({ id: f.id(), title: f.string() }, { index: [['titel']] })
// @ts-expect-error no such field for the tenant
entity({ id: f.id(), title: f.string() }, { tenant: 'org' })

// ---- a model is not a defined model

const posts = model({ open: true, entities: { Post } })
function serve(_model: DefinedModel): void {}
serve(posts.define())
serve(orders.define({}))
// @ts-expect-error without define()
serve(posts)
posts.define({
  Post: {
    policy: {
      read: p =>
        p.likes
          .gt(3)
          .or(p.likes.eq('12345678901234567890'))
          .or(p.likes.in([1n])),
    },
  },
})
// @ts-expect-error a model without claims has none to ask for
posts.define({ Post: { policy: { read: (p, a) => p.title.eq(a.claims.org) } } })
