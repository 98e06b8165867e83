import { entity, f, model } from '@zg/schema-builder'
import type { Database } from '@zg/store/session'
import { openStore, type Store } from '@zg/store/store'
import { parse } from 'graphql'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { storeApi } from './store-api.ts'

let calls = 0
const Product = entity(
  {
    id: f.id(),
    name: f
      .string()
      .check(z.string().regex(/^[A-Z]/, 'starts with a capital'))
      .index(),
    price: f.decimal({ scale: 2 }).check(z.string().refine(text => !text.startsWith('-'), 'not negative')),
    weight: f.decimal({ scale: 3 }).default('0.5'),
    photo: f.bytes().optional(),
    specs: f.json(z.object({ size: z.number().max(10), tags: z.array(z.string()).optional() })).optional(),
    madeAt: f.datetime().optional(),
    number: f.int().default(() => ++calls),
    notes: f.json({ merge: 'paths' }),
  },
  { index: [['price']] },
)
const shop = model({ open: true, entities: { Product } }).define()

type Answer = { readonly [field: string]: unknown }

/** The kinds of value and their validation from GraphQL to the database and back, for two gateways on one database. */
export function kindsSuite(name: string, open: () => Promise<Database>, shared: boolean): void {
  describe(`${name}: kinds of value over GraphQL`, () => {
    let databases: Database[]
    let stores: Store[]
    beforeAll(async () => {
      databases = shared ? [await open(), await open()] : [await open()]
      stores = []
      for (const database of databases) stores.push(await openStore(database, shop.ir, shop))
    })
    afterAll(async () => {
      for (const store of stores) await store.close()
      for (const database of databases) await database.close()
    })

    async function ask(client: number, text: string, variables: object = {}): Promise<Answer> {
      const store = stores[client % stores.length]
      if (!store) throw new Error('no store')
      const result = await storeApi(store).execute({
        document: parse(text),
        variableValues: { ...variables },
        signal: AbortSignal.timeout(10_000),
      })
      if (result.errors) throw result.errors[0]
      return result.data as Answer
    }

    const FIELDS = 'id name price weight photo specs madeAt number notes'
    const create = async (input: object, mutationId?: string) => {
      const text = `mutation ($input: CreateProductInput!, $mutationId: String) {
        createProduct(input: $input, mutationId: $mutationId) {
          ... on ProductPayload { cursor product { ${FIELDS} } }
          ... on Problem { code message path }
        }
      }`
      const { createProduct } = await ask(0, text, { input, mutationId })
      return createProduct as {
        readonly product?: Answer
        readonly cursor?: string
        readonly code?: string
        readonly path?: string[]
      }
    }
    const update = (client: number, id: unknown, input: object) =>
      ask(
        client,
        `mutation ($id: ID!, $input: UpdateProductInput!) {
          updateProduct(id: $id, input: $input) { __typename ... on Problem { code message path } }
        }`,
        { id, input },
      ).then(({ updateProduct }) => updateProduct)
    const read = async (id: unknown) =>
      (await ask(0, `query ($id: ID!) { product(id: $id) { ${FIELDS} } }`, { id })).product as Answer

    test('values come back in their one form', async () => {
      const { product } = await create({
        name: 'Lamp',
        price: '12.5',
        photo: 'AQID',
        specs: { tags: ['b', 'a'], size: 3 },
        madeAt: '2026-11-21T10:00:00+02:00',
      })
      expect(product).toMatchObject({
        price: '12.50',
        weight: '0.500',
        photo: 'AQID',
        specs: { size: 3, tags: ['b', 'a'] },
        madeAt: '2026-11-21T08:00:00.000Z',
      })
    })

    test.each<[string, object, object, object]>([
      ['decimal', { price: '1.00' }, { price: '2.5' }, { price: '2.50' }],
      ['bytes', { photo: 'AA' }, { photo: '_w' }, { photo: '_w' }],
      ['json', { specs: { size: 1 } }, { specs: { size: 2, tags: [] } }, { specs: { size: 2, tags: [] } }],
    ])('%s: two clients write from one base, and neither effect is lost', async (_, base, own, expected) => {
      const { product } = await create({ name: 'Base', price: '1', ...base })
      const answers = await Promise.all([
        update(0, product?.id, own),
        update(1, product?.id, { name: 'Other', weight: '7' }),
      ])
      expect(answers).toEqual([{ __typename: 'ProductPayload' }, { __typename: 'ProductPayload' }])
      expect(await read(product?.id)).toMatchObject({ ...expected, name: 'Other', weight: '7.000' })
      // Of one field the later writer's value stands, whole.
      await update(1, product?.id, own)
      await update(0, product?.id, { price: '3', photo: 'AQID', specs: { size: 9 } })
      expect(await read(product?.id)).toMatchObject({ price: '3.00', photo: 'AQID', specs: { size: 9 } })
    })

    test.each<[object, string, readonly string[]]>([
      [{ name: 'lamp' }, 'INVALID', ['input', 'name']],
      [{ price: '-1' }, 'INVALID', ['input', 'price']],
      [{ price: '1.234' }, 'BAD_VALUE', ['input', 'price']],
      [{ specs: { size: 11 } }, 'INVALID', ['input', 'specs', 'size']],
      [{ specs: { size: 1, tags: ['a', 2] } }, 'INVALID', ['input', 'specs', 'tags', '1']],
      [{ specs: JSON.parse('{"size":1,"__proto__":{"a":1}}') }, 'BAD_VALUE', ['input', 'specs', '__proto__']],
      [{ name: `A${'x'.repeat(3_000)}` }, 'TOO_LONG', ['input', 'name']],
    ])('%j is refused with %s at its place', async (wrong, code, path) => {
      expect(await create({ name: 'Lamp', price: '1', ...wrong })).toMatchObject({ code, path })
      const { product } = await create({ name: 'Lamp', price: '1' })
      expect(await update(0, product?.id, wrong)).toMatchObject({ code, path })
    })

    test('literals in a document keep their digits', async () => {
      const text = `mutation { createProduct(input: {
        name: "Big", price: 123456789012345678901234567890.10, specs: { size: 1, tags: ["a"] }
      }) { ... on ProductPayload { product { price specs } } ... on Problem { code message } } }`
      expect(await ask(0, text)).toEqual({
        createProduct: {
          product: { price: '123456789012345678901234567890.10', specs: { size: 1, tags: ['a'] } },
        },
      })
      await expect(create({ name: 'Lamp', price: 12.5 })).rejects.toThrow('write it as text')
    })

    test('two clients that write at different paths from one base both keep their effect', async () => {
      const { product, cursor: base } = await create({
        name: 'Desk',
        price: '1',
        notes: { replace: { colour: { top: 'oak', legs: 'black' }, stock: 7 } },
      })
      expect(product).toMatchObject({ notes: { colour: { top: 'oak', legs: 'black' }, stock: 7 } })
      const text = `mutation ($id: ID!, $input: UpdateProductInput!, $base: Cursor) {
        updateProduct(id: $id, input: $input, base: $base) {
          ... on ProductPayload { product { notes } verdict { status } } ... on Problem { code message path }
        }
      }`
      const write = async (client: number, notes: object) =>
        (await ask(client, text, { id: product?.id, input: { notes }, base })).updateProduct
      await Promise.all([
        write(0, { set: [{ path: '/colour/top', value: 'glass' }] }),
        write(1, { set: [{ path: '/colour/edge', value: ['steel', null] }], remove: ['/stock'] }),
        write(0, { set: [{ path: '/a~1b', value: null }] }),
      ])
      const notes = {
        'a/b': null,
        colour: { edge: ['steel', null], legs: 'black', top: 'glass' },
      }
      expect((await read(product?.id)).notes).toEqual(notes)
      expect(await write(1, {})).toMatchObject({ product: { notes } })
      expect(await write(1, { set: [{ path: 'colour', value: 1 }] })).toMatchObject({
        code: 'BAD_VALUE',
        path: ['input', 'notes'],
      })
      expect(await write(1, { replace: { x: 1 }, remove: ['/x'] })).toMatchObject({ code: 'BAD_VALUE' })
      expect(await write(1, { replace: [1] })).toMatchObject({ code: 'BAD_VALUE' })
      expect(await write(0, { replace: { x: 1 } })).toMatchObject({ product: { notes: { x: 1 } } })
      expect((await create({ name: 'Bare', price: '1' })).product).toMatchObject({ notes: {} })
      const { products } = await ask(0, '{ products(where: { notes: { isNull: true } }) { totalCount } }')
      expect(products).toEqual({ totalCount: 0 })
    })

    test('filters, order and pages go by the value', async () => {
      const rows = [
        { name: 'P9', price: '9.99', photo: 'AQID' },
        { name: 'P10', price: '10', specs: { size: 1 } },
        { name: 'P100', price: '100.1' },
      ]
      for (const row of rows) await create(row)
      const names = async (where: object, more = '', after: string | null = null) => {
        const text = `query ($where: [ProductWhere!], $after: String) {
          products(where: { and: $where } after: $after ${more}) { nodes { name } pageInfo { endCursor } }
        }`
        const all = [{ name: { startsWith: 'P' } }, where]
        const { products } = await ask(0, text, { where: all, after })
        const { nodes, pageInfo } = products as { nodes: { name: string }[]; pageInfo: { endCursor: string } }
        return { found: nodes.map(node => node.name).join(' '), cursor: pageInfo.endCursor }
      }
      const down = 'orderBy: { price: DESC } first: 2'
      const up = 'orderBy: { price: ASC }'
      expect((await names({ price: { gte: '10' } }, up)).found).toBe('P10 P100')
      expect((await names({ price: { in: ['9.99', '100.10'] } }, up)).found).toBe('P9 P100')
      expect((await names({ photo: { eq: 'AQID' } })).found).toBe('P9')
      expect((await names({ specs: { isNull: false } })).found).toBe('P10')
      const first = await names({}, down)
      expect(first.found).toBe('P100 P10')
      expect((await names({}, down, first.cursor)).found).toBe('P9')
    })

    test('a function default is made once per create, and a retry is told what was made first', async () => {
      const one = await create({ name: 'Once', price: '1' }, 'retry-1')
      const made = calls
      expect(one.product?.number).toBe(made)
      const again = await create({ name: 'Once', price: '1' }, 'retry-1')
      expect(again.product).toEqual(one.product)
      expect(await create({ name: 'Twice', price: '1' }, 'retry-1')).toMatchObject({ code: 'ID_REUSED' })
      expect((await create({ name: 'Given', price: '1', number: -5 })).product?.number).toBe(-5)
    })

    test('a store without the functions that the model names is refused', async () => {
      const [database] = databases
      if (!database) throw new Error('no database')
      await expect(openStore(database, shop.ir)).rejects.toThrow(
        /CODE_MISSING at Product.name[\s\S]*CODE_MISSING at Product.number/,
      )
    })
  })
}
