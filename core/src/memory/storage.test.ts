import { catalog } from '../ir/catalog.ts'
import { filmModel } from '../ir/film.fixture.ts'
import { storageSuite } from '../ports/storage.suite.ts'
import { memoryStorage } from './storage.ts'

storageSuite('memory', async () => ({
  storage: memoryStorage({ catalog: catalog(filmModel), log: 'memory' }),
  overlapping: true,
  close: async () => {},
}))
