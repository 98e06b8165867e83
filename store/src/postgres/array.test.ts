import { expect, test } from 'vitest'
import { formatArray, parseArray } from './array.ts'

test.each<readonly [string, unknown]>([
  ['{}', []],
  ['{1,2}', [1, 2]],
  ['[0:1]={1,2}', [1, 2]],
  [
    '{{1,2},{3,NULL}}',
    [
      [1, 2],
      [3, null],
    ],
  ],
])('numbers: %s', (text, list) => expect(parseArray(text, Number)).toEqual(list))

test.each([[['a', '', 'NULL', null, 'x y', '"', '\\', '{,}', 'é\n😀']], [[]], [[null]]])(
  'texts survive: %j',
  list => expect(parseArray(formatArray(list), text => text)).toEqual(list),
)
