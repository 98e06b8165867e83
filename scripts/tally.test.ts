import { expect, test } from 'vitest'
import { type Report, tally } from './tally.ts'

const green = {
  name: 'a.test.ts',
  status: 'passed',
  message: '',
  assertionResults: [{ status: 'passed', failureMessages: [] }],
}
const red = {
  name: 'b.test.ts',
  status: 'failed',
  message: '',
  assertionResults: [{ status: 'failed', failureMessages: ['no'] }],
}
const unloadable = { name: 'c.test.ts', status: 'failed', message: 'SyntaxError', assertionResults: [] }

function report(
  passed: number,
  failed: number,
  testResults: Report['testResults'],
  success = failed === 0,
): Report {
  return { numPassedTests: passed, numFailedTests: failed, numPendingTests: 1, success, testResults }
}

test.each([
  ['a green run', report(1, 0, [green]), { passed: 1, failed: 0, skipped: 1 }],
  ['a red test', report(1, 1, [green, red]), { passed: 1, failed: 1, skipped: 1 }],
  ['a file that does not load', report(1, 1, [green, red, unloadable]), { passed: 1, failed: 2, skipped: 1 }],
  ['an error outside of tests', report(1, 0, [green], false), { passed: 1, failed: 1, skipped: 1 }],
])('%s is counted', (_, counted, expected) => {
  expect(tally(counted)).toEqual(expected)
})
