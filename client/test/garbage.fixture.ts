import { modelHash } from '@zg/core/ir/hash'
import { newFilm, outbox } from '@zg/core/ports/outbox.suite'
import { films } from '@zg/core/ports/ports.suite'
import type { Scope } from '@zg/core/ports/scope'
import { MAX_FRAME } from '@zg/core/sync/message'
import { CLIENT_MESSAGES } from '@zg/core/sync/message.fixture'
import fc from 'fast-check'

/** What one connection of a stranger sends, byte by byte; the last frame is none, so that it always ends. */
export type Garbage = readonly (string | Uint8Array<ArrayBuffer>)[]

/** Nobody, who may be told from the others of his tenant. */
export const strangerIn = ({ tenant }: Scope): Scope => ({
  tenant,
  principal: { id: 'stranger', roles: [], claims: {} },
})

const NAMES = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'kind', 'more', '', '\0', '\ud800']

/** A message as JSON: as it should be, or with something wrong in it. */
type Text = fc.Arbitrary<string>

/** How a message becomes a frame: `n` is the number that is next. */
interface Step {
  readonly frame: (n: number) => string | Uint8Array<ArrayBuffer>
  /** How many numbers it takes: 0 and 2 are one too few and one too many. */
  readonly takes: number
}

/** Seeded sequences of frames, from nearly right to no text at all. `now`: the gateway's clock, ms. */
export function garbage(scope: Scope, now: number): fc.Arbitrary<Garbage> {
  const { tenant } = scope
  const schema = modelHash(films.model)
  const hello = { ...CLIENT_MESSAGES.hello, schema, tenant }
  const box = outbox(scope, { skew: now - Date.now() })
  /** The first is right; later ones under its number are not. */
  const push = ({ n }: { readonly n: number }) => {
    const { base, work } = box.changes(newFilm(`stranger${n}`))
    if (work.kind !== 'changes') return CLIENT_MESSAGES.push
    const mutation = { client: hello.client, n, index: 0 }
    const changes = work.changes.map(change => ({ ...change, mutation }))
    return { kind: 'push', n, attempt: 1, base, work: { ...work, changes } }
  }
  const where = { kind: 'and', of: [] }
  const right: fc.Arbitrary<object> = fc.oneof(
    fc.constant(hello),
    fc.record({
      kind: fc.constant('follow'),
      epoch: fc.integer({ min: 1, max: 4 }),
      shapes: fc.constant([{ entity: 'Film', where }]),
      since: fc.constant(null),
    }),
    fc.record({ n: fc.integer({ min: 1, max: 3 }) }).map(push),
    fc.constantFrom(...Object.values(CLIENT_MESSAGES)),
  )
  const wrong: Text = fc.oneof(
    // A member that is another, or one more.
    fc
      .tuple(right, fc.nat(20), fc.jsonValue(), fc.constantFrom(...NAMES))
      .map(([message, i, value, name]) => {
        const names = [...Object.keys(message), name]
        return withMember(message, names[i % names.length] ?? name, JSON.stringify(value))
      }),
    fc.constantFrom(...NAMES).map(kind => JSON.stringify({ kind })),
    fc.integer({ min: -1, max: 3 }).map(version => JSON.stringify({ ...hello, version })),
    fc.jsonValue().map(value => JSON.stringify(value)),
    // Deep: by itself, as work, as a shape, as a filter.
    fc.tuple(fc.constantFrom(100, 1_000, 100_000), fc.nat(3), fc.boolean()).map(([depth, place, closed]) => {
      const deep = '['.repeat(depth) + (closed ? ']'.repeat(depth) : '')
      if (place === 0) return deep
      if (place === 1) return withMember(push({ n: 1 }), 'work', deep)
      const shape =
        place === 2
          ? deep
          : `{"entity":"Film","where":${'{"kind":"and","of":['.repeat(depth)}${']}'.repeat(depth)}}`
      return withMember({ kind: 'follow', epoch: 1, since: null }, 'shapes', `[${shape}]`)
    }),
    fc.constantFrom(1_000, 300_000).map(length => withMember(hello, 'client', `"${'x'.repeat(length)}"`)),
    fc
      .constantFrom(300, 20_000)
      .map(length =>
        withMember({ kind: 'follow', epoch: 1, since: null }, 'shapes', `[${'0,'.repeat(length)}0]`),
      ),
  )
  const message: Text = fc.oneof({ weight: 3, arbitrary: right.map(one => JSON.stringify(one)) }, wrong)
  const step: fc.Arbitrary<Step> = fc.oneof(
    { weight: 12, arbitrary: message.map(text => numbered(text, 1)) },
    // Twice, or one is lost on the way.
    { weight: 1, arbitrary: message.map(text => numbered(text, 0)) },
    { weight: 1, arbitrary: message.map(text => numbered(text, 2)) },
    {
      weight: 2,
      arbitrary: fc.tuple(message, fc.nat()).map(([text, at]) => numbered(text.slice(0, at % text.length))),
    },
    {
      weight: 1,
      arbitrary: fc
        .oneof(
          fc.string({ unit: 'binary' }),
          fc.constantFrom('', ' ', '1', '-1 {}', '1e0 {}', '01 {}', 'NaN {}'),
        )
        .map(text => ({ frame: () => text, takes: 1 })),
    },
    {
      weight: 1,
      arbitrary: fc.uint8Array().map(bytes => ({ frame: () => Uint8Array.from(bytes), takes: 1 })),
    },
  )
  const greeted = (more: object): Step => numbered(JSON.stringify({ ...hello, ...more }))
  const huge = numbered(`"${'x'.repeat(MAX_FRAME)}"`)
  return fc
    .tuple(
      fc.oneof(
        { weight: 8, arbitrary: fc.constant([greeted({})]) },
        {
          weight: 1,
          arbitrary: fc.constantFrom({ tenant: 'other' }, { schema: 'x' }).map(more => [greeted(more)]),
        },
        { weight: 1, arbitrary: fc.constant([]) },
      ),
      fc.array(step, { maxLength: 12 }),
      fc.nat(99),
      fc.boolean(),
    )
    .map(([first, steps, chance, swapped]) => {
      const all = [...first, ...steps, ...(chance === 0 ? [huge] : [])]
      let n = 1
      const frames = all.map(({ frame, takes }) => {
        const sent = frame(n)
        n += takes
        return sent
      })
      if (swapped && chance < 20) frames.splice(-2, 2, ...frames.slice(-2).toReversed())
      return [...frames, 'the end']
    })
}

function numbered(text: string, takes = 1): Step {
  return { frame: n => `${n} ${text}`, takes }
}

/** The JSON of an object in which one member is this JSON, whatever its name. */
function withMember(object: object, name: string, json: string): string {
  const { [name as never]: _, ...rest } = object
  const members = Object.entries(rest).map(
    ([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`,
  )
  return `{${[...members, `${JSON.stringify(name)}:${json}`].join(',')}}`
}
