import type { Line, SqlRow } from '../session.ts'
import type { Connection } from './connection.ts'
import type { Pool } from './pool.ts'
import { commit, unwritten } from './transaction.ts'

/** A connection of the pool while anything is under way there: what is sent later is done later. `limit`: ms, of a statement. */
export function createLine(pool: Pool, limit: number): Line {
  let lent: Promise<Connection> | null = null
  let giveBack = (): void => {}
  let open = 0

  const borrow = (): Promise<Connection> =>
    new Promise((resolve, reject) => {
      pool
        .use(
          connection =>
            new Promise<void>(done => {
              giveBack = done
              resolve(connection)
            }),
        )
        .catch(reject)
    })

  const send: Line['commit'] = async <R extends SqlRow>(...asked: Parameters<Line['commit']>) => {
    lent ??= borrow()
    open++
    try {
      return await commit<R>(await lent, ...asked)
    } finally {
      if (--open === 0) {
        lent = null
        giveBack()
      }
    }
  }
  return { commit: (text, values) => send<never>(text, values).catch(unwritten(limit)) }
}
