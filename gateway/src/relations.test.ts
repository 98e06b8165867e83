import { memoryDatabase } from '@zg/store/database.fixture'
import { relationsSuite } from './relations.suite.ts'

relationsSuite('PGlite', memoryDatabase)
