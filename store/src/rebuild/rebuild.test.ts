import { memoryDatabase } from '../database.fixture.ts'
import { rebuildSuite } from './rebuild.suite.ts'

rebuildSuite('PGlite', memoryDatabase)
