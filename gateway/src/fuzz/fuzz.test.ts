import { fuzzSuite } from './fuzz.suite.ts'
import { openMemory, openPglite } from './open.suite.ts'

/** As many models as are about 15 s each; `ZG_FUZZ_SECONDS=300` goes on for so long. */
const SECONDS = Number(process.env.ZG_FUZZ_SECONDS ?? 0)

fuzzSuite('memory', openMemory, { models: 200, seconds: SECONDS / 2 })
fuzzSuite('PGlite', openPglite, { models: 10, seconds: SECONDS / 2 })
