import { expect, test } from 'vitest'
import { difference } from './lock.mjs'

const lock = {
  packages: {
    '': { version: '0.0.0' },
    core: { version: '0.1.0' },
    'node_modules/@zg/core': {},
    'node_modules/yjs': { version: '13.6.33' },
    'node_modules/darwin': { version: '1.0.0', optional: true },
  },
}
const installed = {
  packages: {
    core: { version: '0.1.0' },
    'node_modules/@zg/core': {},
    'node_modules/yjs': { version: '13.6.33' },
  },
}

test('an install without the packages of other platforms is up to date', () => {
  expect(difference(lock, installed)).toBeUndefined()
})

test.each([
  ['missing', { 'node_modules/@zg/core': {} }, 'node_modules/yjs'],
  [
    'in another version',
    { ...installed.packages, 'node_modules/yjs': { version: '13.6.32' } },
    'node_modules/yjs',
  ],
  [
    'not in the lock',
    { ...installed.packages, 'node_modules/left': { version: '1.0.0' } },
    'node_modules/left',
  ],
])('a package that is %s is found', (_, packages, path) => {
  expect(difference(lock, { packages })).toBe(path)
})
