import { memoryDatabase } from '@zg/store/database.fixture'
import type { Database } from '@zg/store/session'
import { openStore, type Store } from '@zg/store/store'
import { parse } from 'graphql'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { club } from './club.suite.ts'
import { counted } from './counted.fixture.ts'
import { storeApi } from './store-api.ts'

let statements: string[] = []
let database: Database
let store: Store

beforeAll(async () => {
  database = await memoryDatabase()
  store = await openStore(
    counted(database, text => statements.push(text)),
    club.ir,
  )
})
afterAll(async () => {
  await store.close()
  await database.close()
})

async function ask(text: string) {
  const signal = AbortSignal.timeout(20_000)
  const { data, errors } = await storeApi(store).execute({ document: parse(text), signal })
  if (errors) throw errors[0]
  return data as { readonly [field: string]: { readonly [field: string]: unknown } | null }
}

test('however many rows are asked for by one key, it is one statement', async () => {
  const rows = Array.from({ length: 30 }, (_, i) => `{ title: "${i}", slug: "s${i}" }`)
  await ask(`mutation { createFilms(inputs: [${rows.join()}]) { __typename } }`)
  const fields = rows.map(
    (_, i) => `f${i}: filmBy(key: { slug: "s${i}" }) { ${i % 2 ? 'title' : 'likes slug'} }`,
  )
  statements = []
  const data = await ask(`{ ${fields.join(' ')} none: filmBy(key: { slug: "s30" }) { id } }`)
  expect(statements).toHaveLength(1)
  expect(data.f3).toEqual({ title: '3' })
  expect(data.f4).toEqual({ likes: '0', slug: 's4' })
  expect(data.none).toBe(null)
})

test('more composite keys than one filter takes are a statement each few hundred', async () => {
  const members = Array.from({ length: 400 }, (_, i) => `{ create: { userId: "u${i}" } }`)
  const made = await ask(
    `mutation { it: createOrg(input: { name: "o", addMembers: [${members.join()}] }) { ... on OrgPayload { id } } }`,
  )
  const key = (i: number) => `{ orgAndUserId: { org: "${made.it?.id}", userId: "u${i}" } }`
  const fields = members.map((_, i) => `m${i}: memberBy(key: ${key(i)}) { userId }`)
  statements = []
  const data = await ask(`{ ${fields.join(' ')} }`)
  expect(statements).toHaveLength(2)
  expect(members.every((_, i) => data[`m${i}`]?.userId === `u${i}`)).toBe(true)
})
