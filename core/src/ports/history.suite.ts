import fc from 'fast-check'
import type { Act, FieldAct } from '../act/act.ts'
import { areApart } from '../change/pointer.ts'
import type { Json } from '../json.ts'
import { add, create, drop, remove, set, update } from './ports.suite.ts'

/** Few rows and values, so that relations are made and broken often. */
const IDS = {
  Film: ['film_a', 'film_b', 'film_c', 'film_d'],
  Person: ['person_p', 'person_q'],
  Tag: ['tag_x', 'tag_y', 'tag_z'],
  Review: ['review_1', 'review_2', 'review_3'],
  Poster: ['poster_1', 'poster_2'],
} as const
type Entity = keyof typeof IDS

const idOf = (entity: Entity) => fc.constantFrom<string>(...IDS[entity])
const reference = (entity: Entity): fc.Arbitrary<FieldAct> => idOf(entity).map(set)
const text = fc.constantFrom('one', 'two').map(set)
const tags: fc.Arbitrary<FieldAct> = fc
  .record({ ids: fc.subarray([...IDS.Tag], { minLength: 1 }), more: fc.boolean() })
  .map(({ ids, more }) => (more ? add(...ids) : drop(...ids)))

const PLACES = ['', '/a', '/a/x', '/a/x/y', '/b']

/** Of places inside one another, so that the parts of two authors meet. */
export const assignment: fc.Arbitrary<FieldAct> = fc
  .record({
    places: fc.subarray(PLACES, { minLength: 1, maxLength: 2 }).filter(areApart),
    value: fc.constantFrom<Json>({}, { x: 1 }, { x: { y: 2 }, z: [] }),
    leaf: fc.constantFrom<Json>(1, 2, [3], { y: 4 }),
    removes: fc.boolean(),
  })
  .map(({ places: [first = '', ...others], value, leaf, removes }): FieldAct => {
    const set = [{ path: first, value: first === '' ? value : leaf }]
    return { kind: 'assign', set: removes ? [] : set, remove: removes ? [first, ...others] : others }
  })

type Fields = { [field: string]: FieldAct }

const FIELDS: { readonly [E in Entity]: { readonly [field: string]: fc.Arbitrary<FieldAct> } } = {
  Film: {
    title: text,
    year: fc.constantFrom(1, 2, null).map(set),
    director: fc.option(idOf('Person'), { freq: 4 }).map(set),
    notes: assignment,
    tags,
  },
  Person: { name: text },
  Tag: { name: text },
  Review: { film: reference('Film'), text, stars: fc.constantFrom(1, 2).map(set) },
  Poster: { film: reference('Film'), url: text },
}

function actOn(entity: Entity): fc.Arbitrary<Act> {
  const fields = FIELDS[entity]
  const whole: fc.Arbitrary<Fields> = fc.record(fields)
  const part = fc.record(fields, { requiredKeys: [] })
  return fc.oneof(
    {
      weight: 4,
      arbitrary: fc.tuple(idOf(entity), whole).map(([id, all]) => create(entity, id, fit(all))),
    },
    {
      weight: 5,
      arbitrary: fc.tuple(idOf(entity), part).map(([id, some]) => update(entity, id, some as Fields)),
    },
    { weight: 1, arbitrary: idOf(entity).map(id => remove(entity, id)) },
  )
}

/** A new film has no tags to lose. */
function fit({ tags: asked, ...rest }: Fields): Fields {
  return asked?.kind === 'alter' && asked.remove.length === 0 ? { ...rest, tags: asked } : rest
}

const acts = fc.oneof(
  { weight: 5, arbitrary: actOn('Film') },
  { weight: 2, arbitrary: actOn('Person') },
  { weight: 3, arbitrary: actOn('Tag') },
  { weight: 3, arbitrary: actOn('Review') },
  { weight: 1, arbitrary: actOn('Poster') },
)

const FIRST: readonly Act[] = [
  create('Person', 'person_p', { name: set('one') }),
  create('Tag', 'tag_x', { name: set('one') }),
  create('Film', 'film_a', {
    title: set('one'),
    year: set(1),
    director: set('person_p'),
    tags: add('tag_x'),
  }),
  create('Review', 'review_1', { film: set('film_a'), text: set('one'), stars: set(2) }),
]

/** Lists of mutations about a few films and what is around them; some of them are refused. */
export const histories: fc.Arbitrary<readonly (readonly Act[])[]> = fc
  .array(fc.array(acts, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 25, size: 'max' })
  .map(rest => [FIRST, ...rest])
