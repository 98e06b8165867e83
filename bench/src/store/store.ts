import type { Line } from '../line.ts'
import { database, durablePostgres } from '../postgres.ts'
import type { Run } from '../run.ts'
import { callers } from './callers.ts'
import type { Case, Server } from './case.ts'
import { catchUps } from './catchUp.ts'
import { insert } from './insert.ts'
import { merge } from './merge.ts'
import { one } from './one.ts'
import { quiet } from './quiet.ts'
import { tenants } from './tenants.ts'
import { traceInMemory, traceOnPostgres } from './trace.ts'
import { transactions } from './transactions.ts'

/** A case is a file; each opens databases of its own on one server. */
const cases: readonly Case[] = [
  transactions,
  insert,
  tenants,
  quiet,
  one,
  ...catchUps,
  merge,
  traceInMemory,
  traceOnPostgres,
  callers,
]

/** How much the store takes and gives, and how long one waits for it. */
export async function* store(run: Run): AsyncIterable<Line> {
  const server = lazyServer()
  for (const one of cases) if (run.wants(one.name)) yield* one.measure(run, server)
}

/** Pure cases need none. */
function lazyServer(): Server {
  let cluster: ReturnType<typeof durablePostgres> | undefined
  return {
    fresh: async name => {
      cluster ??= durablePostgres()
      return database(await cluster, name)
    },
  }
}
