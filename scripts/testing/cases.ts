import fc from 'fast-check'
import { afterEach } from 'vitest'
import { seedOf } from './seed.ts'

// Vitest's setup of every test file: properties draw their cases from the run's seed, and whoever fails names it.

const seed = seedOf(process.env.ZG_SEED)
fc.configureGlobal({ seed })

afterEach(({ task }) => {
  if (task.result?.state === 'fail') console.error(`Cases were drawn from ZG_SEED=${seed}: ${task.name}`)
})
