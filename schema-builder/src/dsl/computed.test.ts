import { expect, test } from 'vitest'
import { entity } from './entity.ts'
import { f } from './f.ts'
import { model } from './model.ts'

const Cart = entity({
  id: f.id(),
  note: f.text(),
  items: f.many('Item', 'cart'),
  total: f.computed<`${bigint}`>(),
  half: f.computed<`${number}`>(),
  round: f.computed<`${bigint}`>(),
  about: f.computed<string>(),
  lost: f.computed<number>(),
})
const Item = entity({ id: f.id(), cart: f.one('Cart'), price: f.int(), of: f.oneOf('Item').optional() })

test('a computed field has the type of its formula', () => {
  const { ir } = model({ open: true, entities: { Cart, Item } }).define({
    Cart: {
      computed: {
        total: c => c.items.sum(i => i.price),
        half: c => c.items.sum(i => i.price).times('0.5'),
      },
    },
  })
  expect(ir.entities[0]?.computed).toEqual([
    {
      name: 'total',
      type: { kind: 'scalar', scalar: 'bigint' },
      optional: false,
      says: { kind: 'sum', path: ['items'], of: { kind: 'path', path: ['price'] } },
      graphql: {},
    },
    expect.objectContaining({ name: 'half', type: { kind: 'scalar', scalar: 'decimal', scale: 1 } }),
  ])
})

test('what cannot be computed is a problem at the field', () => {
  const { problems } = model({ open: true, entities: { Cart, Item } }).define({
    Cart: {
      computed: {
        total: c => c.round,
        round: c => c.total.plus(1),
        half: c => c.items.sum(i => i.cart.about as never) as never,
        about: c => c.note,
      },
    },
  })
  expect(problems.map(({ code, path, message }) => `${code} at ${path.join('.')}: ${message}`)).toEqual([
    'BAD_COMPUTED at Cart.lost: Nothing computes lost; say what it is: define({ Cart: { computed: { lost: row => ... } } })',
    'BAD_COMPUTED at Cart.total: Cart.total, Cart.round, Cart.total: the computed fields need each other',
    'BAD_COMPUTED at Cart.half: Cart.note cannot be computed with: name a scalar field or a counter',
    'BAD_COMPUTED at Cart.round: Cart.round, Cart.total, Cart.round: the computed fields need each other',
    'BAD_COMPUTED at Cart.about: Cart.note cannot be computed with: name a scalar field or a counter',
  ])
})
