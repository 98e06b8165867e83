import { memoryDatabase } from '@zg/store/database.fixture'
import type { Database } from '@zg/store/session'
import { afterAll } from 'vitest'
import { queryTests } from './query.suite.ts'

let database: Database
queryTests(async () => {
  database = await memoryDatabase()
  return database
})
afterAll(() => database.close())
