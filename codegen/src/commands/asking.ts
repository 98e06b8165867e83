import type { Json } from '@zg/core/json'
import { holderOf } from '../hold/hold.ts'
import { type AskOptions, ask } from '../hold/line.ts'
import type { Project } from '../project/project.ts'
import type { Request } from './answer.ts'

/**
 * Asks the process that holds the project's data. Null when nobody holds it: then the asker may open it itself. A
 * holder that is not ready to answer is no holder to ask; opening the data then says who it is.
 */
export async function askHolder(
  project: Project,
  request: Request,
  options: AskOptions = {},
): Promise<{ readonly value: Json } | null> {
  const holder = await holderOf(project.data)
  if (!holder?.socket) return null
  return { value: await ask(holder.socket, { ...request }, options) }
}
