import { expect, test } from 'vitest'
import { startProblems } from './enforced.ts'
import { filmModel } from './film.fixture.ts'

const closed = { ...filmModel, open: false }
const policy = { construct: 'policy', path: ['Film', 'policy'] }
const codes = (model: typeof filmModel, dev: boolean) => startProblems(model, { dev }).map(({ code }) => code)

test('an open model that uses only what is enforced may start', () => {
  expect(codes(filmModel, false)).toEqual([])
})

test('a model without policies that does not say so starts in dev only', () => {
  expect(codes(closed, false)).toEqual(['NO_POLICY'])
  expect(codes(closed, true)).toEqual([])
})

test('each construct that is not enforced is listed, in dev too', () => {
  const model = { ...closed, unenforced: [{ construct: 'f.text()', path: ['Film', 'plot'] }, policy] }
  expect(startProblems(model, { dev: false })).toEqual(startProblems(model, { dev: true }))
  expect(startProblems(model, { dev: true })).toEqual([
    {
      code: 'NOT_ENFORCED',
      path: ['Film', 'plot'],
      message: 'f.text() is not enforced yet; take it out of the schema to start',
    },
    expect.objectContaining({ code: 'NOT_ENFORCED', path: ['Film', 'policy'] }),
  ])
})
