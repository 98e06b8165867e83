import { count, newFilm, onFilm, outbox } from '@zg/core/ports/outbox.suite'
import { film, freshScope } from '@zg/core/ports/ports.suite'
import type { Scope } from '@zg/core/ports/scope'
import type { Outcome, Push } from '@zg/core/ports/writer'
import { expect, test, vi } from 'vitest'
import { describePg } from '../../../scripts/testing/pg.ts'
import { createChance } from '../../../scripts/testing/seed.ts'
import { audit } from './audit.fixture.ts'
import { commitIs, type Fleet, fleetForAll, TIMES } from './fleet.fixture.ts'
import { codeOf } from './load.fixture.ts'
import { written } from './model.fixture.ts'

/** How often each fault is done, one after the other while replicas push. */
const TRIALS = 10 * TIMES
const REPLICAS = 4

const below = createChance()

// A machine that is busy otherwise takes its time.
vi.setConfig({ testTimeout: 120_000 })

/** A push with all it was answered. */
interface Sent {
  readonly push: Push
  readonly verdicts: Outcome[]
}

describePg('replicas that push while connections break at COMMIT', () => {
  const fleet = fleetForAll()

  /** Until there is an answer, at either gateway; codes of what there was instead. */
  const insist = async ({ push, verdicts }: Sent, told: Set<string>): Promise<void> => {
    for (let tries = below(2); ; tries++) {
      const { writer } = fleet().stores[tries % 2] as Fleet['stores'][0]
      try {
        const answer = await writer.push(push)
        if (answer.kind === 'refused') throw new Error(answer.problem.code)
        verdicts.push(answer.outcome)
        return
      } catch (error) {
        const code = codeOf(error)
        if (!/^(UNAVAILABLE|OVERLOADED|OUTCOME_UNKNOWN)$/.test(code)) throw error
        told.add(code)
      }
    }
  }

  /** Mutation after mutation, each sent 1 to 5 times, until `over`. */
  const replica = async (scope: Scope, number: number, over: () => boolean, told: Set<string>) => {
    const box = outbox(scope)
    const sent: Sent[] = []
    for (let n = 0; !over() || n < 3; n++) {
      const one: Sent = {
        push: box.changes(newFilm(`${number}x${n}`), onFilm('shared', count('likes', '1'))),
        verdicts: [],
      }
      sent.push(one)
      for (let times = 1 + below(5); times > 0; times--) await insist(one, told)
    }
    // Long after, each is told what it was told then.
    for (const one of sent) await insist(one, told)
    return sent
  }

  test.each([
    ['before COMMIT arrives', 'client'],
    ['after COMMIT was done', 'server'],
  ] as const)('%s: each push has its effect once, and one verdict for ever', async (_, from) => {
    const scope = freshScope()
    await fleet().stores[0].writer.commit({ scope, acts: [film('shared')] })
    const told = new Set<string>()
    let trials = 0
    const work = Promise.all(
      Array.from({ length: REPLICAS }, (_, number) => replica(scope, number, () => trials >= TRIALS, told)),
    )
    for (; trials < TRIALS; trials++)
      await Promise.race([work, fleet().proxy.meet(commitIs(from), link => link.reset())])
    const sent = (await work).flat()

    expect([...told]).toContain('OUTCOME_UNKNOWN')
    for (const { verdicts } of sent) {
      expect(verdicts[0]?.verdict.status).toBe('applied')
      expect(new Set(verdicts.map(outcome => JSON.stringify(outcome))).size).toBe(1)
    }
    const rows = await fleet().witness.query<{ id: string; likes: string }>(
      'select id, likes from film where tenant = $1',
      [scope.tenant],
    )
    expect(rows.length).toBe(sent.length + 1)
    expect(rows.find(({ id }) => id === 'film_shared')?.likes).toBe(String(sent.length))
    expect(await audit(fleet().witness, written, scope.tenant)).toEqual([])
  })
})
