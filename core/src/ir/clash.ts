import { type Problem, problem } from '../problem.ts'

/** One generated name: where it must be unique, who makes it, and how to choose another. */
export interface Use {
  readonly name: string
  /** What must not hold the name twice: `GraphQL type`, `field of Movie`, `table`. */
  readonly space: string
  /** The member of the schema that it comes from: `['Movie', 'rating']`. */
  readonly path: readonly string[]
  /** What the name is for, where its source does not say: `for its groups`. */
  readonly purpose?: string
  /** How the developer gets another name. */
  readonly override: string
}

/** What a name may look like in its space, and which names are taken. */
export interface Law {
  readonly legal: RegExp
  readonly reserved: ReadonlySet<string>
  readonly maxLength: number
}

/**
 * Duplicate, reserved, illegal and overlong names. Two sources that clash in many names (`movie`, `movies`,
 * `MovieWhere` ...) are reported once per override that would help. O(uses).
 */
export function clashes(uses: readonly Use[], lawOf: (space: string) => Law): readonly Problem[] {
  const holders = new Map<string, Use>()
  const problems = new Map<string, Problem>()
  const report = (key: string, found: Problem): void => {
    if (!problems.has(key)) problems.set(key, found)
  }
  for (const use of uses) {
    const own = against(use, lawOf(use.space))
    if (own) report(JSON.stringify([use.path, use.override, own.code]), own)
    const slot = JSON.stringify([use.space, use.name])
    const holder = holders.get(slot)
    if (!holder) holders.set(slot, use)
    else report(JSON.stringify([holder.path, use.path, use.override]), duplicate(holder, use))
  }
  return [...problems.values()]
}

function against({ name, space, path, override }: Use, law: Law): Problem | null {
  const called = calling(space, name)
  if (!law.legal.test(name)) return problem('ILLEGAL_NAME', path, `${called} is not legal; ${override}`)
  if (law.reserved.has(name)) return problem('RESERVED_NAME', path, `${called} is reserved; ${override}`)
  if (name.length <= law.maxLength) return null
  return problem('NAME_TOO_LONG', path, `${called} is longer than ${law.maxLength} characters; ${override}`)
}

/** `column of movie`, `studio_id`: The column `studio_id` of movie. */
function calling(space: string, name: string): string {
  const [what = '', whose] = space.split(' of ')
  return `The ${what} \`${name}\`${whose === undefined ? '' : ` of ${whose}`}`
}

function duplicate(first: Use, second: Use): Problem {
  const { name, space, path, override } = second
  const [one, other] = [first, second].map(
    ({ path: source, purpose }) => `\`${source.join('.')}\`${purpose ? ` (${purpose})` : ''}`,
  )
  const makers = one === other ? `${one} makes it twice` : `both ${one} and ${other} make it`
  return problem('DUPLICATE_NAME', path, `${calling(space, name)} is not unique, ${makers}; ${override}`)
}
