import { type Problem, problem } from '../problem.ts'
import type { EntityIR } from './ir.ts'

/** The longest id prefix; ids stay short enough to read. */
const MAX_PREFIX = 32

/** What the ids of an entity start with when nobody chose a prefix: `blogpost`. Never contains an underscore. */
export function defaultPrefix(entity: string): string {
  return entity.toLowerCase().replace(/[^a-z0-9]/g, '')
}

/** An id finds its entity by its prefix, so no two may share one. */
export function prefixProblems(entities: readonly EntityIR[]): Problem[] {
  const holders = new Map<string, string>()
  return entities.flatMap(({ name, prefix }) => {
    const remedy = "choose one: entity({ ... }, { prefix: '...' })"
    const path = [name, 'prefix']
    const holder = holders.get(prefix)
    if (holder === undefined) holders.set(prefix, name)
    else
      return [
        problem(
          'DUPLICATE_PREFIX',
          path,
          `${holder} and ${name} both make ids that start with \`${prefix}_\`; ${remedy}`,
        ),
      ]
    if (/^[a-z][a-z0-9]*$/.test(prefix) && prefix.length <= MAX_PREFIX) return []
    return [
      problem(
        'BAD_PREFIX',
        path,
        `The id prefix \`${prefix}\` must be at most ${MAX_PREFIX} lower-case letters and digits, a letter first; ${remedy}`,
      ),
    ]
  })
}
