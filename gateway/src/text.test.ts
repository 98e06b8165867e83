import { memoryDatabase } from '@zg/store/database.fixture'
import { graphqlTextSuite } from './text.suite.ts'

graphqlTextSuite('PGlite', memoryDatabase, false)
