import { z } from 'zod'
import { entity, f, model } from '../../index.ts'

const Org = entity(
  {
    id: f.id(),
    name: f.string(),
    members: f.many('Member', 'org'),
  },
  { tenant: 'self' },
) // an Org is a tenant

const Member = entity(
  {
    id: f.id(),
    org: f.one('Org').onDelete('cascade'),
    userId: f.string(),
    role: f.enum('owner', 'billing', 'viewer'),
  },
  { tenant: 'org', index: [{ on: ['org', 'userId'], unique: true }] },
)

const Customer = entity(
  {
    id: f.id(),
    org: f.one('Org'),
    name: f.string().check(z.string().min(1)).index('fulltext'),
    email: f
      .string()
      .pii()
      .unique({ within: ['org'], onViolation: 'conflict' }), // two offline sign-ups make a merge task
    tags: f.set(f.string()), // observed-remove set
    notes: f.text(), // Yjs
    creditUsed: f.decimal({ scale: 2 }).default('0'),
    invoices: f.many('Invoice', 'customer'),
  },
  { tenant: 'org' },
)

const Product = entity(
  {
    id: f.id(),
    org: f.one('Org'),
    sku: f.string().unique({ within: ['org'] }),
    price: f.decimal({ scale: 2 }),
    stock: f.counter({ min: 0 }), // bounded, so its decrements are guarded
  },
  { tenant: 'org' },
)

const Invoice = entity(
  {
    id: f.id(),
    org: f.one('Org'),
    number: f.serial('INV-{yyyy}-{#####}', { within: ['org'] }), // null until the gateway assigns it
    customer: f.one('Customer').onDelete('restrict'),
    due: f.date().optional(),
    memo: f.text(),
    lines: f.many('Line', 'invoice'),
    total: f.computed<`${number}`>(),
    about: f.oneOf('Customer', 'Product'), // polymorphic
    status: f.state({
      draft: { send: 'sent', void: 'void' },
      sent: { pay: 'paid', void: 'void' },
      paid: { refund: 'void' },
      void: {},
    }),
  },
  { tenant: 'org', index: [['org', 'status', 'due']] },
)

const Line = entity(
  {
    id: f.id(),
    invoice: f.one('Invoice').onDelete('cascade').owner(),
    product: f.one('Product').onDelete('restrict'),
    qty: f.int().check(z.number().int().positive()),
    unit: f.decimal({ scale: 2 }).once(),
    amount: f.computed<`${number}`>(),
  },
  { aggregate: 'Invoice' },
)

export const orders = model({
  claims: z.object({ org: z.string() }),
  entities: { Org, Member, Customer, Product, Invoice, Line },
})

export default orders.define({
  Org: { policy: { read: (o, a) => o.members.some(m => m.userId.eq(a.id)) } },
  Member: { policy: { read: (m, a) => m.org.eq(a.claims.org), create: (_, a) => a.role('owner') } },
  Customer: {
    policy: {
      read: (c, a) => c.org.eq(a.claims.org),
      update: { before: (_, a) => a.role('billing'), after: (c, a) => c.org.eq(a.claims.org) },
      fields: { email: { read: (_, a) => a.role('billing') } },
    },
    rules: {
      credit: {
        check: c => c.creditUsed.lt('1000000'),
        lane: 'derived',
        onViolation: 'conflict',
        message: 'credit.exceeded',
      },
    },
  },
  Product: { policy: { read: (p, a) => p.org.eq(a.claims.org), update: (_, a) => a.role('billing') } },
  Invoice: {
    policy: {
      read: (i, a) => i.org.eq(a.claims.org),
      create: (i, a) => i.org.eq(a.claims.org),
      update: { before: (i, a) => i.status.eq('draft').and(a.role('billing')) },
    },
    computed: { total: i => i.lines.sum(l => l.amount) },
    rules: {
      hasLines: {
        check: i => i.status.eq('draft').or(i.lines.count().gt(0)),
        lane: 'guarded',
        message: 'invoice.empty',
      },
    },
    transitions: {
      send: {
        allow: (_, a) => a.role('billing'),
        guard: i => i.total.gt('0'),
        lane: 'guarded',
        effect: 'email.invoice',
        freeze: ['customer', 'due'],
      },
      pay: { allow: (_, a) => a.role('billing'), lane: 'server', effect: 'psp.charge' },
      void: { allow: (_, a) => a.role('owner'), lane: 'guarded' },
      refund: { lane: 'server', effect: 'psp.refund' },
    },
    actions: {
      remind: {
        input: z.object({ days: z.number() }),
        allow: (i, a) => i.status.eq('sent').and(a.role('billing')),
        lane: 'server',
      },
    },
  },
  Line: {
    policy: {
      read: l => l.invoice.can('read'),
      create: l => l.invoice.can('update'),
      update: l => l.invoice.can('update'),
    },
    computed: { amount: l => l.unit.times(l.qty) },
  },
})

// Each of these must be a compile error:
//   i.status.eq('sentt')                       no such state
//   i.customer.nope                            no such field
//   i.due.gt('2020')                           wrong type
//   f.state({ a: { go: 'zz' }, b: {} })        transition to a state that is not there
//   transitions: { launch: {} }                no such transition
//   createInvoice({ number: 'INV-1', ... })    assigned by the gateway
//   createLine({ invoice, product, unit })     qty missing
