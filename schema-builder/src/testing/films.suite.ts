import type { Act, FieldAct } from '@zg/core/act/act'
import type { Json } from '@zg/core/json'

const set = (value: Json): FieldAct => ({ kind: 'set', value })
const add = (...ids: string[]): FieldAct => ({ kind: 'alter', add: ids, remove: [] })

export function created(
  entity: string,
  id: string,
  values: { [name: string]: Json },
  more: { [name: string]: FieldAct } = {},
): Act {
  const fields = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, set(value)]))
  return { kind: 'create', entity, id, fields: { ...fields, ...more } }
}

/** Two directors, four films, some reviews, tags and a poster. */
export const FILMS: readonly Act[] = [
  created('Person', 'person_kubrick', { name: 'Kubrick' }),
  created('Person', 'person_scott', { name: 'Scott' }),
  created('Studio', 'studio_MGM', { name: 'MGM' }),
  created('Film', 'film_space', {
    title: '2001',
    year: 1968,
    director: 'person_kubrick',
    studio: 'studio_MGM',
    rating: 'G',
  }),
  created('Film', 'film_shining', {
    title: 'The Shining',
    year: 1980,
    director: 'person_kubrick',
    rating: 'R',
  }),
  created('Film', 'film_alien', { title: 'Alien', year: 1979, director: 'person_scott', rating: 'R' }),
  created('Film', 'film_lost', { title: 'Lost' }, { moods: add('sad', 'slow') }),
  created('Review', 'review_1', { film: 'film_space', text: 'long', stars: 3 }),
  created('Review', 'review_2', { film: 'film_space', text: 'best', stars: 5 }),
  created('Review', 'review_3', { film: 'film_alien', text: 'loud', stars: 5 }),
  created('Tag', 'tag_classic', { name: 'classic' }, { films: add('film_space', 'film_alien') }),
  created('Tag', 'tag_horror', { name: 'horror' }, { films: add('film_shining', 'film_alien') }),
  created('Poster', 'poster_1', { film: 'film_alien', url: 'https://example.org/alien' }),
]
