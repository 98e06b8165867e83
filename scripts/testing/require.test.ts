import { afterEach, expect, test, vi } from 'vitest'
import { requireOrSkip } from './require.ts'

afterEach(() => vi.unstubAllEnvs())

test.each([
  ['', true, true],
  ['', false, false],
  ['chinook', false, false],
  ['pg,chinook', true, true],
])('with ZG_REQUIRE=%s and availability %s, the tests run: %s', (list, available, runs) => {
  vi.stubEnv('ZG_REQUIRE', list)
  expect(requireOrSkip('pg', available)).toBe(runs)
})

test.each(['pg', 'chinook, pg'])('with ZG_REQUIRE=%s a skip is a failure that says why', list => {
  vi.stubEnv('ZG_REQUIRE', list)
  expect(() => requireOrSkip('pg', false, 'no server')).toThrow(/'pg'.*no server/)
})

test('a name that is misspelt demands nothing, so it is refused', () => {
  vi.stubEnv('ZG_REQUIRE', 'pg,chromum')
  expect(() => requireOrSkip('pg', true)).toThrow(/'chromum'.*chromium/)
})
