import type { Json } from '../json.ts'
import type { Fixture } from '../query/films.suite.ts'
import type { Row } from '../query/query.ts'

/** A film with nothing said about it but `fields`. */
export function film(name: string, fields: { readonly [field: string]: Json }): Row {
  return {
    id: `film_${name}`,
    title: '',
    year: null,
    score: null,
    seen: false,
    released: null,
    addedAt: null,
    gross: null,
    rating: null,
    likes: '0',
    moods: [],
    notes: {},
    director: null,
    studio: null,
    budget: null,
    share: '0.5000',
    cover: null,
    facts: null,
    ...fields,
  }
}

/** Five films: two by Kubrick, one by Tarkovsky, one whose director is gone, one with nothing at all. */
export const LIBRARY: Fixture = {
  rows: {
    Film: [
      film('a', {
        title: 'Odyssey',
        year: 1968,
        score: 8.5,
        seen: true,
        released: '1968-04-02',
        rating: 'G',
        likes: '10',
        addedAt: '2000-01-01T00:00:00.000Z',
        gross: '9007199254740993',
        moods: ['dark', 'slow'],
        notes: { cast: { lead: 'A' }, b: [1] },
        director: 'person_k',
        studio: 'studio_m',
      }),
      film('b', {
        title: 'Paths of Glory',
        year: 1957,
        score: -0.5,
        released: '1957-10-25',
        rating: 'PG',
        likes: '-3',
        addedAt: '1999-12-31T23:59:59.999Z',
        gross: '-9',
        moods: ['dark'],
        director: 'person_k',
        studio: 'studio_gone',
      }),
      film('c', {
        title: '\uff5e',
        year: 1979,
        rating: 'R',
        likes: '100',
        gross: '9007199254740994',
        director: 'person_t',
        studio: 'studio_mos',
      }),
      film('d', { title: '\u{1f600}', director: 'person_gone' }),
      film('e', { title: '50%_\\' }),
    ],
    Person: [
      { id: 'person_k', name: 'Kubrick' },
      { id: 'person_t', name: 'Tarkovsky' },
      { id: 'person_v', name: 'Varda' },
    ],
    Studio: [
      { id: 'studio_m', name: 'MGM' },
      { id: 'studio_mos', name: 'Mosfilm' },
    ],
    Review: [
      { id: 'review_1', film: 'film_a', text: 'Long', stars: 5 },
      { id: 'review_2', film: 'film_a', text: 'Too long', stars: 2 },
      { id: 'review_3', film: 'film_b', text: '', stars: 1 },
    ],
    Tag: [
      { id: 'tag_s', name: 'Space' },
      { id: 'tag_u', name: 'Unused' },
      { id: 'tag_w', name: 'War' },
    ],
    Poster: [
      { id: 'poster_1', film: 'film_a', url: 'u' },
      { id: 'poster_2', film: 'film_b', url: 'v' },
    ],
  },
  edges: {
    'Film.tags': [
      ['film_a', 'tag_s'],
      ['film_b', 'tag_w'],
      ['film_b', 'tag_s'],
      ['film_b', 'tag_gone'],
      ['film_gone', 'tag_u'],
    ],
  },
}
