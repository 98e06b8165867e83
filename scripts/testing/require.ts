// Some tests need more than the repository: a Postgres server, a downloaded data set. On a machine without it they
// are skipped and say so; where ZG_REQUIRE names it (CI: ZG_REQUIRE=pg) a skip would be a silent hole, so it fails.

function isRequired(what: string, list = process.env.ZG_REQUIRE ?? ''): boolean {
  return list.split(',').some(item => item.trim() === what)
}

/** True: run the tests. False: skip them. Throws when skipping is forbidden. */
export function requireOrSkip(what: string, available: boolean, reason = 'not available'): boolean {
  if (available) return true
  if (isRequired(what)) throw new Error(`ZG_REQUIRE names '${what}', which these tests need: ${reason}`)
  return false
}
