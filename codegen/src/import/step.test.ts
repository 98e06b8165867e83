import type { Json } from '@zg/core/json'
import { describe, expect, test } from 'vitest'
import { type DateFormat, dateFormat } from './date.ts'
import { reread } from './reread.ts'
import { perform, type Step } from './step.ts'

const day: Step = {
  kind: 'date',
  spelling: 'D.M.YYYY',
  latest: null,
  format: dateFormat('D.M.YYYY', null) as DateFormat,
}
const encodings = ['macintosh', 'windows-1252'] as const
const table = reread(...encodings)
if (typeof table === 'string') throw new Error(table)
const again: Step = { kind: 'reread', encodings, reread: table }
const yesNo: Step = {
  kind: 'values',
  values: new Map<string, Json>([
    ['Y', true],
    ['N', false],
    ['-', null],
    ['1', 'one'],
  ]),
}

describe('a step', () => {
  test.each<[Step, Json, Json, string | null]>([
    [{ kind: 'trim' }, ' a ', 'a', 'trimmed'],
    [{ kind: 'trim' }, 'a', 'a', null],
    [{ kind: 'trim' }, 5, 5, null],
    [{ kind: 'text' }, 1776, '1776', 'numberAsText'],
    [{ kind: 'text' }, '1776', '1776', null],
    [{ kind: 'text' }, null, null, null],
    [{ kind: 'number' }, '-1.5e3', -1500, 'textAsNumber'],
    [{ kind: 'number' }, 7, 7, null],
    [{ kind: 'number' }, null, null, null],
    [{ kind: 'nullIfEmpty' }, '', null, 'emptyAsMissing'],
    [{ kind: 'nullIfEmpty' }, 0, 0, null],
    [{ kind: 'split', by: ';' }, 'a; b;;c ', ['a', 'b', 'c'], null],
    [{ kind: 'split', by: ';' }, null, null, null],
    [day, '1.2.2003', '2003-02-01', null],
    [day, null, null, null],
    [yesNo, 'Y', true, null],
    [yesNo, '-', null, null],
    [yesNo, 1, 'one', null],
    [yesNo, null, null, null],
    [again, 'DÈj‡ Vu', 'Déjà Vu', 'encoding'],
    [again, "I Love You Ö Don't Touch Me!", "I Love You … Don't Touch Me!", 'encoding'],
    [again, 'Plain', 'Plain', null],
    // ³ is not in the Mac's table, so this text never went through it.
    [again, 'Alien³', 'Alien³', null],
    [again, 'Ri¢hie Ri¢h', 'Ri¢hie Ri¢h', null],
    [again, '日本', '日本', null],
  ])('%o makes of %j %j', (step, from, to, repair) => {
    expect(perform(step, from)).toEqual({ kind: 'value', value: to, repair })
  })

  test.each<[Step, Json, string]>([
    [{ kind: 'number' }, '0x10', 'BAD_VALUE'],
    [{ kind: 'number' }, ' 1', 'BAD_VALUE'],
    [{ kind: 'number' }, '', 'BAD_VALUE'],
    [day, '30.2.2003', 'BAD_DATE'],
    [day, 5, 'BAD_DATE'],
    [yesNo, 'yes', 'UNKNOWN_VALUE'],
    [yesNo, '__proto__', 'UNKNOWN_VALUE'],
  ])('%o refuses %j', (step, from, code) => {
    expect(perform(step, from)).toMatchObject({ kind: 'refused', code })
  })

  test.each([
    ['utf-8', 'latin1'],
    ['macintosh', 'nonsense'],
    ['utf-16le', 'latin1'],
  ])('%s to %s is no rereading', (a, b) => {
    expect(reread(a, b)).toBeTypeOf('string')
  })
})
