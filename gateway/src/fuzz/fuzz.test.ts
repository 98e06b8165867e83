import { fuzzSuite } from './fuzz.suite.ts'
import { openMemory, openPglite } from './open.suite.ts'

/** 30 in CI; `ZG_FUZZ_SECONDS=300` on demand. */
const SECONDS = Number(process.env.ZG_FUZZ_SECONDS ?? 30)

fuzzSuite('memory', openMemory, SECONDS / 2)
fuzzSuite('PGlite', openPglite, SECONDS / 2)
