import { replaySuite } from './fuzz.suite.ts'
import { openMemory, openPglite } from './open.suite.ts'

replaySuite('memory', openMemory)
replaySuite('PGlite', openPglite)
