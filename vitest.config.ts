import { defineConfig } from 'vitest/config'
import { seedOf } from './scripts/testing/seed.ts'

const ignored = ['**/node_modules/**', '**/dist/**']

export default defineConfig({
  test: {
    // Tests run on Node's own loader and type stripping, as the product does. Vite's would load a second copy of
    // graphql ("Cannot use GraphQLSchema from another module or realm") and hide what Node refuses.
    // The price: no vi.mock. Whatever is impure comes in as an argument anyway.
    experimental: { viteModuleRunner: false, nodeLoader: false },
    pool: 'forks',
    maxWorkers: 2,
    // Workers and child processes that a test starts find @zg/* in source too.
    execArgv: ['--conditions=@zg/source'],
    // One seed for all: ZG_SEED=random is made a number before any worker starts.
    env: { ZG_SEED: String(seedOf(process.env.ZG_SEED)) },
    setupFiles: ['scripts/testing/cases.ts'],
    testTimeout: 20_000,
    hookTimeout: 60_000,
    projects: [
      {
        extends: true,
        test: { name: 'unit', include: ['**/*.test.ts'], exclude: [...ignored, '**/*.pg.test.ts'] },
      },
      {
        // A project of its own, because Vitest runs its setup only if one of its files is selected.
        extends: true,
        test: {
          name: 'pg',
          include: ['**/*.pg.test.ts'],
          exclude: ignored,
          globalSetup: ['scripts/postgres.ts'],
        },
      },
    ],
  },
})
