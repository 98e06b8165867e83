import { expect, test } from 'vitest'
import { catalog } from '../ir/catalog.ts'
import { filmModel } from '../ir/film.fixture.ts'
import type { Act, FieldAct } from './act.ts'
import { laneOf } from './lane.ts'

const set: FieldAct = { kind: 'set', value: 'x' }
const alter: FieldAct = { kind: 'alter', add: ['x'], remove: [] }
const act = (kind: 'create' | 'update', entity: string, fields: { [name: string]: FieldAct } = {}): Act => ({
  kind,
  entity,
  id: 'x',
  fields,
})
const remove = (entity: string): Act => ({ kind: 'delete', entity, id: 'x' })
const given = { entity: 'Studio', key: { name: 'x' }, there: true, id: 'x' }

/** Tags may have one name, and another default. */
const model = {
  ...filmModel,
  entities: filmModel.entities.map(entity =>
    entity.name === 'Tag'
      ? {
          ...entity,
          fields: entity.fields.map(field => ({ ...field, default: 'none' })),
          indexes: [{ on: ['name'], kind: 'btree' as const, unique: true as const }],
        }
      : entity.name === 'Review'
        ? { ...entity, indexes: [{ on: ['film', 'stars'], kind: 'btree' as const, unique: true as const }] }
        : entity,
  ),
}

test.each<[string, 'merge' | 'guarded', Act[]]>([
  [
    'data',
    'merge',
    [act('create', 'Film', { title: set, moods: alter }), act('update', 'Film', { year: set })],
  ],
  ['references', 'merge', [act('update', 'Film', { director: set })]],
  ['edges', 'merge', [act('update', 'Film', { tags: alter })]],
  ['a to-many', 'merge', [act('update', 'Person', { directed: alter })]],
  ['a one-to-one', 'guarded', [act('update', 'Poster', { film: set })]],
  ['a one-to-one from its other end', 'guarded', [act('update', 'Film', { poster: set })]],
  ['other fields of what has a unique key', 'merge', [act('update', 'Poster', { url: set })]],
  [
    'one guarded member among many',
    'guarded',
    [act('update', 'Film', { year: set }), act('update', 'Tag', { name: set })],
  ],
  ['a unique value by default', 'guarded', [act('create', 'Tag')]],
  ['a to-many whose other side is part of a key', 'guarded', [act('update', 'Film', { reviews: alter })]],
  ['the delete of what others may refer to', 'guarded', [remove('Film')]],
  ['the delete of what holds a unique value', 'guarded', [remove('Poster')]],
  ['an act with a condition', 'guarded', [{ ...act('update', 'Studio', { films: alter }), given }]],
])('%s: %s', (_, lane, acts) => {
  expect(laneOf(catalog(model), acts)).toBe(lane)
})

test('the delete of what nobody refers to and nothing is unique about merges', () => {
  expect(laneOf(catalog(filmModel), [remove('Review')])).toBe('merge')
})
