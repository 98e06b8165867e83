import { readerSuite } from '../ports/reader.suite.ts'
import { ANONYMOUS, MAIN } from '../ports/scope.ts'
import { films } from '../query/films.suite.ts'
import { memoryReader } from './reader.ts'
import { createRowStore } from './rows.ts'

readerSuite(
  'memory',
  () => ({
    load: ({ rows, edges }) => {
      const store = createRowStore(films)
      for (const [entity, list] of Object.entries(rows)) for (const row of list) store.putRow(entity, row)
      for (const [relation, pairs] of Object.entries(edges)) {
        for (const [from, to] of pairs) store.putEdge(relation, from, to)
      }
      const source = () => ({ seq: 0, rows: store.snapshot() })
      return {
        reader: memoryReader({ catalog: films, log: 'memory', source }),
        scope: { tenant: MAIN, principal: ANONYMOUS },
      }
    },
  }),
  { fixtures: 100, queries: 40 },
)
