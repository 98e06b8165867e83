import { expect, test } from 'vitest'
import { createBeliefs } from './beliefs.ts'

const head = (seq: number) => ({ seq, hlc: null })

function setUp() {
  let at = 0
  const beliefs = createBeliefs(() => at)
  return { beliefs, pass: (ms: number) => (at += ms) }
}

test('heads are believed as learnt, all that are asked for or none', () => {
  const { beliefs } = setUp()
  expect(beliefs.heads(['a'])).toBeNull()
  beliefs.learn(new Map([['a', head(1)]]), 5)
  beliefs.learn(new Map([['b', head(2)]]), 6)
  beliefs.learn(new Map([['a', head(3)]]), 7)
  expect([...(beliefs.heads(['a', 'b']) ?? [])]).toEqual([
    ['a', head(3)],
    ['b', head(2)],
  ])
  expect(beliefs.heads(['a', 'c'])).toBeNull()
  beliefs.forget(['b'])
  expect(beliefs.heads(['b'])).toBeNull()
})

test('after a doubt nothing is believed of a tenant for a second, whatever is learnt', () => {
  const { beliefs, pass } = setUp()
  beliefs.learn(new Map([['a', head(1)]]), 5)
  beliefs.doubt(['a'])
  beliefs.learn(new Map([['a', head(2)]]), 5)
  expect(beliefs.heads(['a'])).toBeNull()
  pass(999)
  expect(beliefs.heads(['a'])).toBeNull()
  pass(1)
  expect(beliefs.heads(['a'])?.get('a')).toEqual(head(2))
})

test('the clock of the database goes on from what it said, for ten seconds', () => {
  const { beliefs, pass } = setUp()
  expect(beliefs.now()).toBeNull()
  beliefs.learn(new Map(), 1_000_000)
  pass(9_999)
  expect(beliefs.now()).toBe(1_009_999)
  pass(1)
  expect(beliefs.now()).toBeNull()
})
