import { describe, expect, test } from 'vitest'
import { dateFormat } from './date.ts'

function read(format: string, text: string, latest: string | null = null) {
  const made = dateFormat(format, latest)
  if (typeof made === 'string') throw new Error(made)
  return made.read(text)
}

describe('a date format', () => {
  test.each([
    ['MMM DD YYYY', 'Jun 12 1998', '1998-06-12'],
    ['MMM D YYYY', 'jun 2 1998', '1998-06-02'],
    ['D.M.YYYY', '3.11.2006', '2006-11-03'],
    ['YYYY-MM-DD', '2004-02-29', '2004-02-29'],
    ['YYYY/MM/DD HH:mm', '2021/01/02 03:04', '2021-01-02T03:04:00.000Z'],
    ['YYYY-MM-DDTHH:mm:ss', '1962-02-18T00:00:00', '1962-02-18T00:00:00.000Z'],
  ])('%s reads %s', (format, text, expected) => {
    expect(read(format, text)).toEqual({ text: expected, moved: false })
  })

  test.each([
    ['MMM DD YYYY', 'Jun 31 1998'],
    ['MMM DD YYYY', 'Foo 12 1998'],
    ['MMM DD YYYY', ' Jun 12 1998'],
    ['MMM DD YYYY', 'Jun 12 98'],
    ['YYYY-MM-DD', '2003-02-29'],
    ['YYYY-MM-DD', '2003-00-10'],
    ['YYYY-MM-DD HH:mm', '2003-01-01 24:00'],
    ['YYYY.MM.DD', '2003x01x01'],
  ])('%s refuses %s', (format, text) => {
    expect(read(format, text)).toBeNull()
  })

  test.each([
    ['2011-12-31', 'Dec 15 2039', '1939-12-15', true],
    ['2011-12-31', 'Dec 31 2011', '2011-12-31', false],
    ['2011-12-30', 'Dec 31 2011', '1911-12-31', true],
    ['1811-12-30', 'Dec 31 2039', '1739-12-31', true],
  ])('no date is later than %s: %s', (latest, text, expected, moved) => {
    expect(read('MMM DD YYYY', text, latest)).toEqual({ text: expected, moved })
  })

  test.each([
    ['31/12/11', '2011-12-31'],
    ['01/01/12', '1912-01-01'],
    ['01/01/99', '1999-01-01'],
    ['29/02/00', '2000-02-29'],
  ])('two digits get the latest century that keeps to the limit: %s', (text, expected) => {
    expect(read('DD/MM/YY', text, '2011-12-31')).toEqual({ text: expected, moved: false })
  })

  test('moving back a leap day to a year without one is no date', () => {
    expect(read('DD/MM/YYYY', '29/02/2000', '1999-12-31')).toBeNull()
  })

  test.each([
    ['YYYY-MM', null],
    ['YYYY-MM-DD-MM', null],
    ['DD/MM/YY', null],
  ])('the format %s is refused', (format, latest) => {
    expect(dateFormat(format, latest)).toBeTypeOf('string')
  })
})
