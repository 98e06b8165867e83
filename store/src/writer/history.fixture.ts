import type { Act, FieldAct, FieldActs } from '@zg/core/act/act'
import { keyId } from '@zg/core/change/id'
import { assignment } from '@zg/core/ports/history.suite'
import { add, drop, increment, set } from '@zg/core/ports/ports.suite'
import { ANONYMOUS } from '@zg/core/ports/scope'
import type { Mutation } from '@zg/core/ports/writer'
import fc from 'fast-check'

/** What is handed to the writer at once; one list per batch. Tenants and principals are numbered. */
export interface Intent {
  readonly tenant: number
  readonly by: number
  /** Numbers few enough that ids are used again, by retries and by mistake. */
  readonly mutationId: number | null
  /** Says again what the last one with the same mutation id said, if there was one. */
  readonly again: boolean
  readonly acts: readonly Act[]
}

const ids = {
  Film: ['film_a', 'film_b', 'film_c'],
  Person: ['person_p', 'person_q'],
  Studio: [keyId('studio', ['Acme']), keyId('studio', ['Pathé'])],
  Review: ['review_1', 'review_2', 'review_3'],
  Tag: ['tag_x', 'tag_y'],
  Poster: ['poster_1', 'poster_2', 'poster_3'],
}
type Entity = keyof typeof ids

const idOf = (entity: Entity) => fc.constantFrom(...ids[entity])
const refTo = (entity: Entity): fc.Arbitrary<FieldAct> => idOf(entity).map(set)
const optionalRef = (entity: Entity) => fc.option(idOf(entity), { freq: 4 }).map(set)
const text = fc.constantFrom('one', 'two', '').map(set)
const alter = (pool: readonly string[]): fc.Arbitrary<FieldAct> =>
  fc.oneof(
    { weight: 3, arbitrary: fc.subarray([...pool], { minLength: 1 }).map(list => add(...list)) },
    { weight: 2, arbitrary: fc.subarray([...pool], { minLength: 1 }).map(list => drop(...list)) },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('alter' as const),
        add: fc.subarray([...pool]),
        remove: fc.subarray([...pool]),
      }),
    },
  )

type Fields = { readonly [name: string]: fc.Arbitrary<FieldAct> }

/** What a create must carry, and what any act may. */
const fields: { readonly [E in Entity]: { readonly required: Fields; readonly more: Fields } } = {
  Film: {
    required: {},
    more: {
      title: text,
      year: fc.constantFrom(1, 2, 3, 1, 2, 3, null, null, 1.5).map(set),
      score: fc.constantFrom(0, 7.5, 1e-7, null).map(set),
      seen: fc.boolean().map(set),
      gross: fc.constantFrom('9007199254740993', null).map(set),
      likes: fc.constantFrom('1', '-3', '9007199254740993').map(increment),
      moods: alter(['dark', 'slow', '🎬']),
      notes: assignment,
      director: optionalRef('Person'),
      studio: optionalRef('Studio'),
      reviews: alter(ids.Review),
      poster: optionalRef('Poster'),
      tags: alter(ids.Tag),
    },
  },
  Person: { required: { name: text }, more: { name: text, directed: alter(ids.Film) } },
  Studio: { required: {}, more: { films: alter(ids.Film) } },
  Review: {
    required: { film: refTo('Film'), text, stars: fc.constantFrom(1, 5).map(set) },
    more: { film: refTo('Film'), text },
  },
  Tag: { required: { name: text }, more: { name: text, films: alter(ids.Film) } },
  Poster: { required: { film: refTo('Film'), url: text }, more: { film: refTo('Film') } },
}

/** Few of them: an act with many fields is refused for one of them. */
const some = (fields: Fields): fc.Arbitrary<{ [name: string]: FieldAct }> => {
  const maybe = Object.entries(fields).map(
    ([name, field]) =>
      [
        name,
        fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: field }),
      ] as const,
  )
  return fc
    .record(Object.fromEntries(maybe))
    .map(record =>
      Object.fromEntries(Object.entries(record).flatMap(([name, act]) => (act ? [[name, act]] : []))),
    )
}
const all = (required: Fields) => fc.record(required) as fc.Arbitrary<{ [name: string]: FieldAct }>

function actOn(entity: Entity): fc.Arbitrary<Act> {
  const { required, more } = fields[entity]
  const create = fc
    .tuple(idOf(entity), some(more), all(required), fc.nat(9))
    .map(([id, most, needed, luck]): Act => {
      const title: FieldActs = entity === 'Film' && luck > 0 ? { title: set('made') } : {}
      const name: FieldActs =
        entity === 'Studio' ? { name: set(id === 'studio_Acme' ? 'Acme' : 'Pathé') } : {}
      return { kind: 'create', entity, id, fields: { ...title, ...name, ...needed, ...most } }
    })
  const rename = entity === 'Studio' ? { name: text, ...more } : more
  const update = fc
    .tuple(idOf(entity), some(rename))
    .map(([id, given]): Act => ({ kind: 'update', entity, id, fields: given }))
  const remove = idOf(entity).map((id): Act => ({ kind: 'delete', entity, id }))
  return fc.oneof(
    { weight: 5, arbitrary: create },
    { weight: 5, arbitrary: update },
    { weight: 1, arbitrary: remove },
  )
}

const act = fc.oneof(
  { weight: 4, arbitrary: actOn('Film') },
  { weight: 2, arbitrary: actOn('Poster') },
  ...(['Person', 'Studio', 'Review', 'Tag'] as const).map(entity => ({
    weight: 1,
    arbitrary: actOn(entity),
  })),
)

const intent: fc.Arbitrary<Intent> = fc.record({
  tenant: fc.nat(1),
  by: fc.nat(1),
  mutationId: fc.option(fc.nat(3), { freq: 2 }),
  again: fc.boolean(),
  acts: fc.array(act, { minLength: 1, maxLength: 3 }),
})

const made = (entity: Entity, id: string, given: { [name: string]: FieldAct }): Act => ({
  kind: 'create',
  entity,
  id,
  fields: given,
})

/** Without rows every act is refused for want of them, so histories begin with some, in both tenants. */
const beginnings: readonly Intent[] = [0, 1].map(tenant => ({
  tenant,
  by: 0,
  mutationId: null,
  again: false,
  acts: [
    made('Person', 'person_p', { name: set('P') }),
    made('Tag', 'tag_x', { name: set('X') }),
    made('Studio', ids.Studio[1] ?? '', { name: set('Pathé') }),
    made('Film', 'film_a', { title: set('A'), tags: add('tag_x'), studio: set(ids.Studio[1] ?? '') }),
    made('Film', 'film_b', { title: set('B'), director: set('person_p') }),
    made('Review', 'review_1', { film: set('film_a'), text: set('good'), stars: set(4) }),
    made('Poster', 'poster_1', { film: set('film_a'), url: set('u') }),
  ],
}))

/** Batches of mutations, each batch handed in at once. */
export const histories: fc.Arbitrary<readonly (readonly Intent[])[]> = fc
  .array(fc.array(intent, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 8 })
  .map(batches => [beginnings, ...batches])

/** The intents as mutations in these tenants. */
export function mutationsOf(
  history: readonly (readonly Intent[])[],
  tenants: readonly string[],
): Mutation[][] {
  const said = new Map<string, readonly Act[]>()
  return history.map(batch =>
    batch.map(({ tenant, by, mutationId, again, acts }) => {
      const scope = { tenant: tenants[tenant] ?? '', principal: { ...ANONYMOUS, id: `user${by}` } }
      if (mutationId === null) return { scope, acts }
      const key = `${tenant}/${by}/${mutationId}`
      const body = (again ? said.get(key) : undefined) ?? acts
      said.set(key, body)
      return { scope, acts: body, mutationId: `m${mutationId}` }
    }),
  )
}
