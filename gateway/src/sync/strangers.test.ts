import { born, forged, newFilm, newTag, onFilm, outbox, put, stampOf } from '@zg/core/ports/outbox.suite'
import { freshScope } from '@zg/core/ports/ports.suite'
import type { Scope } from '@zg/core/ports/scope'
import type { Push } from '@zg/core/ports/writer'
import { ProblemError, problem } from '@zg/core/problem'
import { frameWriter } from '@zg/core/sync/frame'
import fc from 'fast-check'
import { afterEach, expect, test } from 'vitest'
import { helloOf, type Line, lineTo, type Served, sent, serve, toldOf } from './strangers.fixture.ts'

let served: Served
afterEach(() => served.close())

const YEAR = 365 * 24 * 60 * 60 * 1_000
const HOUR = 60 * 60 * 1_000

type Box = ReturnType<typeof outbox>

/** A stranger of this tenant, who may be told from its other principals. */
const strangerIn = ({ tenant }: Scope): Scope => ({
  tenant,
  principal: { id: 'stranger', roles: [], claims: {} },
})

function greeted(scope: Scope, client: string): Line {
  const line = lineTo(served, scope)
  line.say(helloOf(scope, client))
  return line
}

/** On a connection of its own: what became of each. */
async function told(...pushes: readonly [Push, ...Push[]]): Promise<readonly string[]> {
  const [{ scope, client }] = pushes
  const line = greeted(scope, client)
  for (const push of pushes) line.say(sent(push))
  const words: string[] = []
  for (const _ of pushes) words.push(await toldOf(line))
  line.cut()
  return words
}

const many = (box: Box, size: number) =>
  box.changes(...Array.from({ length: size }, (_, i) => newTag(`t${i}`)))

/** What is wrong with a push, the code that it is told, and whether that can be put right under the same number. */
const BAD: readonly (readonly [what: string, code: string, make: (box: Box) => Push])[] = [
  ['a forged author', 'FORGED', box => forged(box.changes(newFilm('x')), { by: 'somebody' })],
  ['a forged tenant', 'FORGED', box => forged(box.changes(newFilm('x')), { tenant: 'other' })],
  [
    'stamps of two replicas',
    'FORGED',
    box => {
      const push = box.changes(newFilm('x'), newTag('x'))
      return forged(push, { id: stampOf(outbox(push.scope).changes(newTag('z'))) }, 1)
    },
  ],
  ['10,001 changes in one mutation', 'TOO_LARGE', box => many(box, 10_001)],
  ['no version that there is', 'BAD_CHANGE', box => forged(box.changes(newFilm('x')), { v: 99 })],
  ['an entity that there is not', 'UNKNOWN_ENTITY', box => forged(box.changes(newFilm('x')), { entity: 99 })],
  ['a value of no form', 'BAD_VALUE', box => box.changes(onFilm('x', born, put('title', 7)))],
  ['no list of acts', 'BAD_ACT', box => ({ ...box.changes(), work: { kind: 'acts', acts: [7] as never } })],
]

/** One who does everything right, on one connection: makes a row each time it is called, which must be applied. */
function bystander(scope: Scope): () => Promise<void> {
  const box = outbox(scope)
  let line: Line | null = null
  let made = 0
  return async () => {
    const push = box.changes(newFilm(`by${++made}`))
    line ??= greeted(scope, push.client)
    line.say(sent(push))
    expect(await toldOf(line)).toBe('applied')
  }
}

test.each(BAD)(
  '%s is refused as %s each time, complained of once an hour, and disturbs nobody',
  async (_, code, make) => {
    served = serve()
    const scope = freshScope()
    const goOn = bystander(scope)
    const box = outbox(strangerIn(scope))
    await goOn()
    for (let i = 0; i < 3; i++) {
      expect(await told(make(box))).toEqual([code])
      await goOn()
    }
    const complaint = { by: 'stranger', tenant: scope.tenant, code, message: expect.stringMatching(/./) }
    expect(served.complaints).toEqual([complaint])
    served.later = HOUR
    expect(await told(make(box))).toEqual([code])
    expect(served.complaints).toEqual([complaint, complaint])
    // His number is spent, and he may go on.
    expect(await told(box.changes(newFilm('own')))).toEqual(['applied'])
    expect(served.keys(scope.tenant)).toEqual(['film_by1', 'film_by2', 'film_by3', 'film_by4', 'film_own'])
  },
)

test('a change a year ahead is told the time, complained of once, and may come again in time', async () => {
  served = serve()
  const scope = freshScope()
  const goOn = bystander(scope)
  const box = outbox(strangerIn(scope), { skew: YEAR })
  const push = box.changes(newFilm('x'))
  for (let i = 0; i < 3; i++) expect(await told(push)).toEqual(['CLOCK_AHEAD'])
  await goOn()
  expect(served.complaints).toMatchObject([{ by: 'stranger', code: 'CLOCK_AHEAD' }])
  const right = outbox(strangerIn(scope)).changes(newFilm('x'))
  const { client } = push
  expect(await told(forged({ ...right, client }, { mutation: { client, n: 1, index: 0 } }))).toEqual([
    'applied',
  ])
  expect(served.keys(scope.tenant)).toEqual(['film_by1', 'film_x'])
})

test('a number with another body is ID_REUSED, complained of once, and the first one stays', async () => {
  served = serve()
  const scope = freshScope()
  const goOn = bystander(scope)
  const first = outbox(strangerIn(scope)).changes(newFilm('x'))
  const { client } = first
  const other = outbox(strangerIn(scope)).changes(newFilm('y'))
  const reused = forged({ ...other, client }, { mutation: { client, n: 1, index: 0 } })
  expect(await told(first, reused, reused)).toEqual(['applied', 'ID_REUSED', 'ID_REUSED'])
  await goOn()
  expect(await told(first)).toEqual(['applied'])
  expect(served.complaints).toMatchObject([{ by: 'stranger', code: 'ID_REUSED' }])
  expect(served.keys(scope.tenant)).toEqual(['film_x', 'film_by1'])
})

test('what depends on others is no mistake, and no line in the log', async () => {
  served = serve()
  const scope = freshScope()
  const box = outbox(scope)
  const codes = await told(
    box.changes(onFilm('none', put('year', 1))),
    box.changes(newFilm('a')),
    box.changes(newFilm('a')),
  )
  expect(codes).toEqual(['NOT_FOUND', 'applied', 'applied'])
  expect(served.complaints).toEqual([])
})

test('a stranger writes one line of the log, however he names his members', async () => {
  served = serve()
  const scope = freshScope()
  const line = lineTo(served, scope)
  const name = `\n\u001b[2Jforged: all is well\u0007${'x'.repeat(10_000)}`
  line.throw(frameWriter()(JSON.stringify({ ...helloOf(scope, 'c'), [name]: 1 })))
  expect(await toldOf(line)).toBe('BAD_MESSAGE')
  const [{ message } = { message: '' }] = served.complaints
  expect(message).toContain('forged')
  expect(message).toMatch(/^[ -~]{1,1000}$/)
})

test('a writer that has too much to do says when to come again', async () => {
  let busy = true
  served = serve(writer => ({
    ...writer,
    push: push => {
      if (busy) throw new ProblemError([problem('OVERLOADED', [], 'Too much to do.')], 7_300)
      return writer.push(push)
    },
  }))
  const push = outbox(freshScope()).changes(newFilm('a'))
  const line = greeted(push.scope, push.client)
  line.say(sent(push))
  expect(await line.next('refuse')).toMatchObject({
    code: 'UNAVAILABLE',
    message: 'Too much to do.',
    retry: 7_300,
  })
  busy = false
  expect(await told(push)).toEqual(['applied'])
  expect(served.complaints).toEqual([])
})

/** Promise 17: so many outboxes, of about ten mutations each. */
const OUTBOXES = Number(process.env.ZG_POISON ?? 100)

/** What one outbox holds, how often each of it is sent, and behind which the line breaks. `null`: nothing is wrong with it. */
const queues = fc.array(
  fc.record({
    poison: fc.option(fc.constantFrom(...BAD.filter(([what]) => !what.startsWith('10,001'))), {
      freq: 2,
      nil: null,
    }),
    times: fc.integer({ min: 1, max: 3 }),
    cut: fc.boolean(),
  }),
  { minLength: 5, maxLength: 15 },
)

test(
  'a queue with poison in it goes on behind each, and every verdict stays what it was',
  async () => {
    served = serve()
    await fc.assert(
      fc.asyncProperty(queues, async queue => {
        const scope = freshScope()
        const box = outbox(scope)
        const pushes = queue.map(({ poison }, i) => poison?.[2](box) ?? box.changes(newFilm(`good${i}`)))
        const expected = queue.map(({ poison }) => poison?.[1] ?? 'applied')
        const reconnected = () => greeted(scope, pushes[0]?.client ?? '')
        let line = reconnected()
        const heard: string[][] = queue.map(() => [])
        for (const [i, { times, cut }] of queue.entries()) {
          const push = pushes[i] as Push
          for (let sends = 0; sends < times; sends++) line.say(sent(push))
          for (let answers = 0; answers < times; answers++) heard[i]?.push(await toldOf(line))
          if (!cut) continue
          line.cut()
          line = reconnected()
        }
        for (const [i, push] of pushes.entries()) {
          line.say(sent(push))
          heard[i]?.push(await toldOf(line))
        }
        line.cut()
        expect(heard.map(words => [...new Set(words)])).toEqual(expected.map(word => [word]))
        const good = queue.flatMap(({ poison }, i) => (poison ? [] : [`film_good${i}`]))
        expect(served.keys(scope.tenant)).toEqual(good)
      }),
      { numRuns: OUTBOXES },
    )
  },
  20_000 + 40 * OUTBOXES,
)
