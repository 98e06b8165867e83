import { join } from 'node:path'
import { openDatabase } from '@zg/store/database'
import type { Database } from '@zg/store/session'
import { type Hold, takeHold } from '../hold/hold.ts'
import type { Project } from '../project/project.ts'
import type { Environment } from './environment.ts'

/** The database of a project, open. */
export interface Data {
  readonly database: Database
  /** The hold on `.zg/`; null with a server database, which many may use at once. */
  readonly hold: Hold | null
  /** In words, without passwords. */
  readonly place: string
  close(): Promise<void>
}

/** Opens Postgres if DATABASE_URL names one, else the embedded one in `.zg/`, which this process then holds. */
export async function openData(project: Project, { databaseUrl }: Environment): Promise<Data> {
  if (databaseUrl !== undefined) {
    const database = await openDatabase({ url: databaseUrl })
    return { database, hold: null, place: 'the Postgres of DATABASE_URL', close: () => database.close() }
  }
  const hold = await takeHold(project.data)
  try {
    const database = await openDatabase({ directory: join(project.data, 'pg') })
    return {
      database,
      hold,
      place: project.data,
      close: async () => {
        await database.close()
        await hold.release()
      },
    }
  } catch (error) {
    await hold.release()
    throw error
  }
}
