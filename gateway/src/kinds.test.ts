import { memoryDatabase } from '@zg/store/database.fixture'
import { kindsSuite } from './kinds.suite.ts'

kindsSuite('PGlite', memoryDatabase, false)
