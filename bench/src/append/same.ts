import { requireEqual } from '../equal.ts'
import { type Appender, nextNote } from './writing.ts'

/** Both must leave the same rows and the same gapless log. */
export async function sameEffect(name: string, one: Appender, other: Appender): Promise<void> {
  const rows = Array.from({ length: 200 }, nextNote)
  for (const side of [one, other]) await Promise.all(rows.map(side.append))
  const [left, right] = await Promise.all([one.stored(), other.stored()])
  requireEqual(`what ${name} has stored`, left, right)
  if (left.rows.length !== rows.length || left.seqs.at(-1) !== rows.length)
    throw new Error(`${name} lost rows`)
}
