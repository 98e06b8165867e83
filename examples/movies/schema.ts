import { entity, f, model } from '@zg/schema-builder'

/** Imported; the rest is there to play with. Ids come from the fields in `key`, so importing again finds the row. */
const Movie = entity(
  {
    id: f.id({ key: ['title', 'released'] }),
    title: f.string().once(),
    released: f.date().once(),
    rating: f
      .enum('G', 'PG', 'PG-13', 'R', 'NC-17', 'Not Rated', 'Open')
      .optional()
      .graphql({ values: { 'PG-13': 'PG_13', 'NC-17': 'NC_17', 'Not Rated': 'NOT_RATED', Open: 'OPEN' } }),
    runtime: f.int().optional(), // minutes
    budget: f.bigint().optional(), // US dollars, as all money here
    grossUS: f.bigint().optional(),
    grossWorldwide: f.bigint().optional(),
    salesDVD: f.bigint().optional(),
    tomatoes: f.int().optional(), // Rotten Tomatoes, 1 to 100
    imdb: f.float().optional(), // 1 to 10
    votes: f.int().optional(), // on IMDB
    source: f.string().optional(), // what it is based on
    creativeType: f.string().optional(),
    director: f.one('Person').optional().onDelete('setNull'),
    distributor: f.one('Distributor').optional().onDelete('setNull'),
    genre: f.one('Genre').optional().onDelete('restrict'),
    reviews: f.many('Review', 'movie'),
    poster: f.single('Poster', 'movie'),
    tags: f.manyToMany('Tag'),
    moods: f.set(f.string()),
    likes: f.counter(),
  },
  { index: [['released'], ['imdb'], ['grossWorldwide'], ['title']] },
)

const Person = entity(
  {
    id: f.id({ key: 'name' }),
    name: f.string().once(),
    born: f.date().optional(),
    directed: f.many('Movie', 'director'),
  },
  { graphql: { plural: 'people' } },
)

const Distributor = entity({
  id: f.id({ key: 'name' }),
  name: f.string().once(),
  movies: f.many('Movie', 'distributor'),
})

const Genre = entity({
  id: f.id({ key: 'name' }),
  name: f.string().once(),
  movies: f.many('Movie', 'genre'),
})

const Review = entity({
  id: f.id(),
  movie: f.one('Movie').onDelete('cascade'),
  stars: f.int(),
  text: f.string(),
  writtenAt: f.datetime().optional(),
})

const Poster = entity({
  id: f.id(),
  movie: f.one('Movie').unique().onDelete('cascade'), // one-to-one
  url: f.string(),
})

const Tag = entity({
  id: f.id({ key: 'name' }),
  name: f.string().once(),
  movies: f.manyToMany('Movie', 'tags'),
})

/** `open`: no policies, everybody may read and write. */
export const movies = model({
  open: true,
  entities: { Movie, Person, Distributor, Genre, Review, Poster, Tag },
})

export default movies.define()
