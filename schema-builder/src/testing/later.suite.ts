import type { Reader } from '@zg/core/ports/reader'
import type { Writer } from '@zg/core/ports/writer'

/** The same ports answering in promises, each a few turns later, as a database does. */
export function later({ reader, writer }: { reader: Reader; writer: Writer }): {
  reader: Reader
  writer: Writer
} {
  return {
    reader: {
      open: scope => {
        const snapshot = reader.open(scope)
        return {
          position: async () => await soon(() => snapshot.position()),
          pages: async query => await soon(() => snapshot.pages(query)),
          rows: async (entity, fields, ids) => await soon(() => snapshot.rows(entity, fields, ids)),
          lists: async query => await soon(() => snapshot.lists(query)),
          found: async (entity, fields, ids) => await soon(() => snapshot.found(entity, fields, ids)),
          aggregates: async query => await soon(() => snapshot.aggregates(query)),
          close: async () => await soon(() => snapshot.close()),
        }
      },
    },
    writer: { commit: async mutation => await soon(() => writer.commit(mutation)) },
  }
}

function soon<T>(answer: () => T): Promise<T> {
  return new Promise((resolve, reject) => {
    setImmediate(() => {
      try {
        resolve(answer())
      } catch (error) {
        reject(error)
      }
    })
  })
}
