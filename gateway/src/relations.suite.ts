import { entity, f, model } from '@zg/schema-builder'
import type { Database } from '@zg/store/session'
import { openStore, type Store } from '@zg/store/store'
import { parse, validate } from 'graphql'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Answer, mirrored } from './mirror.fixture.ts'
import { storeApi } from './store-api.ts'

const Employee = entity({
  id: f.id({ key: 'name' }),
  name: f.string().once(),
  boss: f.one('Employee').onDelete('setNull').optional(),
  reports: f.many('Employee', 'boss'),
  mentors: f.manyToMany('Employee'),
  pupils: f.manyToMany('Employee', 'mentors'),
  blocks: f.manyToMany('Employee'),
  reactions: f.inverse('Reaction', 'target'),
  badge: f.single('Badge', 'holder'),
})
const Product = entity({
  id: f.id({ key: 'sku' }),
  sku: f.string().once(),
  price: f.int().default(0),
  reactions: f.inverse('Reaction', 'target'),
  badge: f.single('Badge', 'holder'),
})
const Badge = entity({
  id: f.id({ key: 'name' }),
  name: f.string().once(),
  holder: f.oneOf('Employee', 'Product').unique().onDelete('cascade'),
})
const Part = entity({
  id: f.id({ key: 'name' }),
  name: f.string().once(),
  of: f.one('Part').onDelete('cascade').optional(),
})
const Reaction = entity({
  id: f.id({ key: 'name' }),
  name: f.string().once(),
  target: f.oneOf('Employee', 'Product').onDelete('cascade'),
  seen: f.oneOf('Product', 'Reaction').onDelete('setNull').optional(),
  kept: f.oneOf('Employee', 'Reaction').optional(),
})
const office = model({ open: true, entities: { Employee, Product, Badge, Part, Reaction } }).define()

/** Relations of an entity to itself, and polymorphic ones, from GraphQL to the database and back. */
export function relationsSuite(name: string, open: () => Promise<Database>): void {
  describe(`${name}: self-relations and polymorphic relations over GraphQL`, () => {
    let database: Database
    let store: Store
    let ask: (text: string, variables?: object) => Promise<Answer>
    beforeAll(async () => {
      expect(office.problems).toEqual([])
      expect(office.ir.unenforced).toEqual([])
      database = await open()
      store = await openStore(database, office.ir, office)
      ask = mirrored(store)
    })
    afterAll(async () => {
      await store.close()
      await database.close()
    })

    const write = async (field: string, args: string) => {
      const answer = await ask(
        `mutation { done: ${field}(${args}) { __typename ... on Problem { code path } } }`,
      )
      return answer.done as Answer
    }
    const create = async (type: string, input: string) => {
      expect(await write(`create${type}`, `input: { ${input} }`)).toEqual({ __typename: `${type}Payload` })
    }
    const hire = (who: string, more = '') => create('Employee', `name: "${who}" ${more}`)
    const names = (list: unknown) =>
      (list as { nodes: readonly { name: string }[] }).nodes.map(({ name: who }) => who)

    test('a reporting chain is read up and down, filtered and ordered by', async () => {
      await hire('Ada')
      await hire('Bob', 'boss: { connect: "employee_Ada" }')
      await hire('Cyd', 'boss: { connect: "employee_Bob" }')
      await hire('Dan', 'boss: { create: { name: "Eve", boss: { connect: "employee_Ada" } } }')
      const { employee, chain, all } = await ask(`{
        employee(id: "employee_Cyd") { boss { name boss { name boss { name } } } }
        chain: employees(where: { boss: { boss: { name: { eq: "Ada" } } } }) { nodes { name } }
        all: employees(orderBy: [{ boss: { name: ASC } }, { name: DESC }]) {
          nodes { name reports { totalCount nodes { name } } }
        }
      }`)
      expect(employee).toEqual({ boss: { name: 'Bob', boss: { name: 'Ada', boss: null } } })
      expect(names(chain)).toEqual(['Cyd', 'Dan'])
      expect(names(all)).toEqual(['Eve', 'Bob', 'Cyd', 'Dan', 'Ada'])
      const counts = (all as { nodes: { reports: { totalCount: number } }[] }).nodes
      expect(counts.map(({ reports }) => reports.totalCount)).toEqual([1, 1, 0, 0, 2])
      const { some } = await ask(
        '{ some: employees(where: { reports: { some: { reports: { some: {} } } } }) { nodes { name } } }',
      )
      expect(names(some)).toEqual(['Ada'])
    })

    test('a row may refer to itself, and a circle is left by clearing it', async () => {
      await hire('Own')
      const own = 'id: "employee_Own"'
      expect(await write('updateEmployee', `${own}, input: { boss: { connect: "employee_Own" } }`)).toEqual({
        __typename: 'EmployeePayload',
      })
      const { employee } = await ask(`{ employee(${own}) { boss { name } reports { nodes { name } } } }`)
      expect(employee).toEqual({ boss: { name: 'Own' }, reports: { nodes: [{ name: 'Own' }] } })
      expect(await write('deleteEmployee', own)).toEqual({ __typename: 'EmployeePayload' })
      expect(await write('deleteEmployee', 'id: "employee_Eve"')).toEqual({ __typename: 'EmployeePayload' })
      expect((await ask('{ employee(id: "employee_Dan") { boss { name } } }')).employee).toEqual({
        boss: null,
      })
    })

    test('a delete cascades once round a circle of rows', async () => {
      await create('Part', 'name: "a"')
      await create('Part', 'name: "b", of: { connect: "part_a" }')
      await create('Part', 'name: "c", of: { connect: "part_b" }')
      await write('updatePart', 'id: "part_a", input: { of: { connect: "part_c" } }')
      expect(await write('deletePart', 'id: "part_b"')).toEqual({ __typename: 'PartPayload' })
      expect((await ask('{ parts { totalCount } }')).parts).toEqual({ totalCount: 0 })
    })

    test('many-to-many with its own entity keeps the two ends apart', async () => {
      await write('updateEmployee', 'id: "employee_Ada", input: { addPupils: [{ connect: "employee_Bob" }] }')
      await write(
        'updateEmployee',
        'id: "employee_Cyd", input: { addMentors: [{ connect: "employee_Bob" }] }',
      )
      await write(
        'updateEmployee',
        'id: "employee_Ada", input: { addBlocks: [{ connect: "employee_Ada" }, { connect: "employee_Cyd" }] }',
      )
      const { bob, ada, without } = await ask(`{
        bob: employee(id: "employee_Bob") { mentors { nodes { name } } pupils { nodes { name } } blocks { totalCount } }
        ada: employee(id: "employee_Ada") { mentors { totalCount } blocks(orderBy: { name: DESC }) { nodes { name } } }
        without: employees(where: { mentors: { none: {} }, pupils: { none: {} } }) { nodes { name } }
      }`)
      expect(bob).toEqual({
        mentors: { nodes: [{ name: 'Ada' }] },
        pupils: { nodes: [{ name: 'Cyd' }] },
        blocks: { totalCount: 0 },
      })
      expect(ada).toEqual({
        mentors: { totalCount: 0 },
        blocks: { nodes: [{ name: 'Cyd' }, { name: 'Ada' }] },
      })
      expect(names(without)).toEqual(['Dan'])
    })

    test('a polymorphic relation leads to rows of each of its entities, and back', async () => {
      await create('Product', 'sku: "X", price: 5')
      await create(
        'Reaction',
        'name: "1", target: { connect: "employee_Ada" }, seen: { connect: "product_X" }',
      )
      await create(
        'Reaction',
        'name: "2", target: { connect: "product_X" }, seen: { connect: "reaction_1" }, kept: { connect: "reaction_1" }',
      )
      await create('Reaction', 'name: "3", target: { createProduct: { sku: "Y", price: 7 } }')
      const { reactions, product, groups } = await ask(`{
        reactions { nodes {
          target { __typename ... on Product { price } ... on Employee { name } ... on Node { id } }
          seen { ... on Product { sku } ... on Reaction { target { __typename } } }
        } }
        product(id: "product_X") { reactions { totalCount nodes { name } } }
        groups: reactionGroups(by: [target]) { keys { target { __typename } } aggregate { count } }
      }`)
      expect(reactions).toEqual({
        nodes: [
          { target: { __typename: 'Employee', name: 'Ada', id: 'employee_Ada' }, seen: { sku: 'X' } },
          {
            target: { __typename: 'Product', price: 5, id: 'product_X' },
            seen: { target: { __typename: 'Employee' } },
          },
          { target: { __typename: 'Product', price: 7, id: 'product_Y' }, seen: null },
        ],
      })
      expect(product).toEqual({ reactions: { totalCount: 1, nodes: [{ name: '2' }] } })
      expect(groups).toHaveLength(3)
    })

    test.each([
      ['{ target: { id: { eq: "product_X" } } }', ['2']],
      ['{ target: { onProduct: {} } }', ['2', '3']],
      ['{ target: { onProduct: { price: { gt: 5 } } } }', ['3']],
      ['{ target: { onEmployee: { reports: { some: { name: { eq: "Bob" } } } } } }', ['1']],
      ['{ not: { target: { onProduct: { price: { gt: 5 } } } } }', ['1', '2']],
      ['{ seen: { id: { isNull: true } } }', ['3']],
      ['{ seen: { onReaction: { target: { onEmployee: { name: { eq: "Ada" } } } } } }', ['2']],
      [
        '{ or: [{ target: { onEmployee: {} } }, { target: { onProduct: { sku: { eq: "Y" } } } }] }',
        ['1', '3'],
      ],
    ])('reactions where %s', async (where, expected) => {
      const { reactions } = await ask(`{ reactions(where: ${where}) { nodes { name } } }`)
      expect(names(reactions)).toEqual(expected)
    })

    test.each([
      ['{ target: { onProduct: { sku: ASC } } }', ['2', '3', '1']],
      ['{ target: { onProduct: { sku: DESC } } }', ['1', '3', '2']],
      ['{ target: { id: DESC } }', ['3', '2', '1']],
      [
        '[{ seen: { onReaction: { target: { onEmployee: { name: ASC } } } } }, { name: DESC }]',
        ['2', '3', '1'],
      ],
      ['[{ target: { onEmployee: { reports: null } } }]', null],
    ])('reactions ordered by %s, a page after the other', async (orderBy, expected) => {
      const text = `query ($after: String) {
        reactions(first: 1, after: $after, orderBy: ${orderBy}) { nodes { name } pageInfo { endCursor hasNextPage } }
      }`
      // There is no order by what is not one row.
      if (!expected) return expect(validate(storeApi(store).schema, parse(text))).not.toEqual([])
      const found: string[] = []
      for (let after: string | null = null, more = true; more; ) {
        const { reactions } = await ask(text, { after })
        found.push(...names(reactions))
        const { pageInfo } = reactions as { pageInfo: { endCursor: string; hasNextPage: boolean } }
        after = pageInfo.endCursor
        more = pageInfo.hasNextPage && found.length < 9
      }
      expect(found).toEqual(expected)
    })

    test('a polymorphic one-to-one has one row at its other end, whichever entity that is of', async () => {
      await create('Badge', 'name: "gold", holder: { connect: "employee_Ada" }')
      await create('Badge', 'name: "blue", holder: { connect: "product_X" }')
      expect(await write('createBadge', 'input: { name: "red", holder: { connect: "product_X" } }')).toEqual({
        __typename: 'ConflictProblem',
        code: 'UNIQUE_TAKEN',
        path: ['input', 'holder', 'connect'],
      })
      const { employees, product, badgeBy, badged } = await ask(`{
        employees(orderBy: [{ badge: { name: ASC } }], first: 2) { nodes { name badge { name } } }
        product(id: "product_X") { badge { name holder { ... on Product { sku } } } }
        badgeBy(key: { holder: "employee_Ada" }) { name }
        badged: products(where: { badge: { name: { eq: "blue" } } }) { nodes { sku } }
      }`)
      expect(employees).toEqual({
        nodes: [
          { name: 'Ada', badge: { name: 'gold' } },
          { name: 'Bob', badge: null },
        ],
      })
      expect(product).toEqual({ badge: { name: 'blue', holder: { sku: 'X' } } })
      expect(badgeBy).toEqual({ name: 'gold' })
      expect(badged).toEqual({ nodes: [{ sku: 'X' }] })
    })

    test('a target must be there, and of one of the entities', async () => {
      const refused = (target: string) =>
        write('createReaction', `input: { name: "z", target: { connect: "${target}" } }`)
      const path = ['input', 'target', 'connect']
      expect(await refused('part_a')).toMatchObject({ code: 'BAD_ID', path })
      expect(await refused('product_Z')).toMatchObject({ code: 'REF_MISSING', path })
      expect(await refused('employee_Own')).toMatchObject({ code: 'REF_GONE', path })
      expect((await ask('{ reactions { totalCount } }')).reactions).toEqual({ totalCount: 3 })
    })

    test('the feed follows rows by the id that a polymorphic relation holds', async () => {
      const batches = await storeApi(store).subscribe({
        document: parse(`subscription {
          reactionChanges(where: { target: { id: { eq: "product_X" } } }, since: START) {
            events { kind id reaction { target { ... on Product { sku } } } }
          }
        }`),
        signal: AbortSignal.timeout(10_000),
      })
      if (!(Symbol.asyncIterator in batches)) throw new Error(JSON.stringify(batches))
      const seen: unknown[] = []
      for await (const { data } of batches) {
        const batch = data?.reactionChanges as { events: unknown[] }
        seen.push(...batch.events)
        if (seen.length) break
      }
      expect(JSON.parse(JSON.stringify(seen))).toEqual([
        { kind: 'UPSERT', id: 'reaction_2', reaction: { target: { sku: 'X' } } },
      ])
    })

    test('deletes reach what refers to a row by a polymorphic relation: cascade, setNull and restrict', async () => {
      expect(await write('deleteReaction', 'id: "reaction_1"')).toMatchObject({ code: 'RESTRICTED' })
      await write(
        'updateReaction',
        'id: "reaction_2", input: { kept: null, target: { connect: "product_Y" } }',
      )
      expect(await write('deleteReaction', 'id: "reaction_1"')).toEqual({ __typename: 'ReactionPayload' })
      expect((await ask('{ reaction(id: "reaction_2") { seen { __typename } } }')).reaction).toEqual({
        seen: null,
      })
      expect(await write('deleteProduct', 'id: "product_X"')).toEqual({ __typename: 'ProductPayload' })
      expect((await ask('{ reactions { totalCount } }')).reactions).toEqual({ totalCount: 2 })
      expect((await ask('{ badges { nodes { name } } }')).badges).toEqual({ nodes: [{ name: 'gold' }] })
      expect(await write('deleteProduct', 'id: "product_Y"')).toEqual({ __typename: 'ProductPayload' })
      expect((await ask('{ reactions { totalCount } }')).reactions).toEqual({ totalCount: 0 })
    })
  })
}
