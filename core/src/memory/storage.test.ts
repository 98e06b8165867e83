import { catalog } from '../ir/catalog.ts'
import { filmModel } from '../ir/film.fixture.ts'
import { storageSuite } from '../ports/storage.suite.ts'
import { memoryStorage } from './storage.ts'

storageSuite('memory', async () => ({
  storage: memoryStorage({ catalog: catalog(filmModel), log: 'memory', now: Date.now }),
  overlapping: true,
  close: async () => {},
}))
