import { expect, test, vi } from 'vitest'
import { describePg } from '../../../scripts/testing/pg.ts'
import type { Link, Passing } from '../../../scripts/testing/proxy.ts'
import { BOUND, commitIs, fleetForAll, READS_LOG, TIMES } from './fleet.fixture.ts'

/** How often each fault is done, one after the other under load. */
const TRIALS = 2 * TIMES

const statement = (pattern: RegExp) => (passing: Passing) =>
  passing.from === 'client' && pattern.test(passing.text ?? '')

/** What replicas are told besides the log: rows and edges as they stood. */
const image = (passing: Passing): boolean =>
  passing.from === 'client' &&
  /^begin.*read only/.test(passing.link.begun) &&
  /_state/.test(passing.text ?? '')

/** COMMIT is sent right behind what a batch writes, unless that is a connection's first. */
const LOST = /^(UNAVAILABLE|OUTCOME_UNKNOWN)$/

const reset = (link: Link) => link.reset()
const halfClose = (link: Link) => link.halfClose()
const stall = (link: Link) => link.stall()

// A machine that is busy otherwise takes its time.
vi.setConfig({ testTimeout: 120_000 })

describePg('a network that breaks', () => {
  const fleet = fleetForAll()

  test.each<
    readonly [string, (passing: Passing) => boolean, (link: Link) => void, readonly (string | RegExp)[]]
  >([
    ['a reset before BEGIN arrives', statement(/^begin.*committed/), reset, ['UNAVAILABLE']],
    ['a reset in the middle of a batch', statement(/^insert into zg.log/), reset, [LOST]],
    ['a half-close in the middle of a batch', statement(/^insert into zg.log/), halfClose, [LOST]],
    ['silence in the middle of a batch', statement(/^insert into zg.log/), stall, [LOST]],
    ['a reset before COMMIT arrives', commitIs('client'), reset, ['OUTCOME_UNKNOWN']],
    ['a reset after COMMIT was done and before its answer', commitIs('server'), reset, ['OUTCOME_UNKNOWN']],
    ['a half-close after COMMIT was done', commitIs('server'), halfClose, ['OUTCOME_UNKNOWN']],
    ['silence after COMMIT was done', commitIs('server'), stall, ['OUTCOME_UNKNOWN']],
    ['a reset of a read of the log', statement(READS_LOG), reset, []],
    ['a half-close of a read of the log', statement(READS_LOG), halfClose, []],
    ['silence in a read of the log', statement(READS_LOG), stall, []],
    ['a reset of a read of images', image, reset, []],
    ['silence in a read of images', image, stall, []],
    ['a reset of a notice', statement(/pg_notify/), reset, []],
  ])('%s', async (_, which, fault, codes) => {
    // Silence takes its time to be noticed.
    const trials = fault === stall ? TIMES : TRIALS
    const { told, longest } = await fleet().suffer(trials, () => fleet().proxy.meet(which, fault))
    for (const code of codes)
      expect([...told.keys()].join('\n')).toMatch(typeof code === 'string' ? code : new RegExp(code, 'm'))
    expect(longest).toBeLessThan(BOUND)
  })

  test('a slow network that breaks', async () => {
    fleet().proxy.delay = 10
    await fleet().suffer(TRIALS, () => fleet().proxy.meet(statement(/^insert into zg.log/), reset))
    fleet().proxy.delay = 0
  })
})
