import { memoryDatabase } from '../database.fixture.ts'
import { rebuildSuite } from './rebuild.suite.ts'
import { rebuildTextsSuite } from './rebuildTexts.suite.ts'

rebuildSuite('PGlite', memoryDatabase)
rebuildTextsSuite('PGlite', memoryDatabase)
