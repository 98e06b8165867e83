import { memoryDatabase } from '@zg/store/database.fixture'
import { computedSuite } from './computed.suite.ts'

computedSuite('PGlite', memoryDatabase)
