import { expect, test } from 'vitest'
import { formatTable } from './table.ts'

test('columns are as wide as they need, long values are cut', () => {
  const rows = [
    ['1', 'short'],
    ['22', 'a value that is too long'],
  ]
  expect(formatTable(['id', 'text'], rows, 10)).toEqual([
    'id  text',
    '--  ----------',
    '1   short',
    '22  a value t…',
  ])
})

test('without rows the names stand alone', () => {
  expect(formatTable(['id'], [])).toEqual(['id', '--'])
})
