import { entity, f, model } from '@zg/schema-builder'
import { parse, validate } from 'graphql'
import { expect } from 'vitest'
import type { Api } from './api.ts'

const Org = entity({ id: f.id(), name: f.string().unique(), members: f.many('Member', 'org') })

const Member = entity(
  {
    id: f.id(),
    org: f.one('Org').onDelete('cascade'),
    userId: f.string(),
    badge: f
      .string()
      .optional()
      .unique({ within: ['org'] }),
    role: f.enum('owner', 'viewer').default('viewer'),
  },
  { index: [{ on: ['org', 'userId'], unique: true }] },
)

const Film = entity({
  id: f.id(),
  slug: f.string().optional().unique(),
  title: f.string(),
  year: f.int().optional(),
  shown: f.datetime().optional().unique(),
  likes: f.counter(),
  moods: f.set(f.string()),
  director: f.one('Person').onDelete('setNull').optional(),
  tags: f.manyToMany('Tag'),
  poster: f.single('Poster', 'film'),
  reviews: f.many('Review', 'film'),
})

const Person = entity({
  id: f.id(),
  name: f.string(),
  mentor: f.one('Person').optional(),
  ticket: f.single('Ticket', 'holder'),
})
const Ticket = entity({
  id: f.id(),
  code: f.string().optional().unique(),
  holder: f.one('Person').onDelete('setNull').optional().unique(),
})
const Tag = entity({ id: f.id(), name: f.string().unique(), films: f.manyToMany('Film', 'tags') })
const Poster = entity({ id: f.id(), film: f.one('Film').onDelete('cascade').unique(), url: f.string() })
const Review = entity({ id: f.id(), film: f.one('Film').onDelete('cascade'), text: f.string() })
const Artist = entity({
  id: f.id({ key: 'artistId' }),
  artistId: f.int().once(),
  name: f.string(),
  nick: f.string().optional().unique(),
})

export const club = model({
  open: true,
  entities: { Org, Member, Film, Person, Ticket, Tag, Poster, Review, Artist },
}).define()

/** Two gateways over one store; where there is but one, both are the same. */
export interface Gateways {
  readonly here: Api
  readonly there: Api
}

/** What a test expects of an answer is its own matter. */
export type Answer = any

let sequence = 0
/** A number no other test uses: they share a database. */
export const fresh = (): number => ++sequence

/** The same as a word. */
export const word = (start: string): string => `${start}${fresh()}`

export const PROBLEM = '__typename ... on Problem { code message path }'

/** A client of both gateways. */
export interface Client {
  /** An operation; throws its first error. */
  ask(text: string, variables?: object): Promise<Answer>
  /** One mutation field; answers its payload or problem. `more`: what to select of the payload. */
  write(field: string, more?: string): Promise<Answer>
  /** The same by either gateway. */
  at(api: Api, field: string, more?: string): Promise<Answer>
  /** A new film's id. */
  film(fields?: string): Promise<string>
}

export function clientOf(gateways: () => Gateways): Client {
  const through = async (api: Api, text: string, variableValues = {}): Promise<Answer> => {
    const document = parse(text)
    expect(validate(api.schema, document)).toEqual([])
    const { data, errors } = await api.execute({
      document,
      variableValues,
      signal: AbortSignal.timeout(20_000),
    })
    if (errors) throw errors[0]
    return data
  }
  const ask = (text: string, variables = {}) => through(gateways().here, text, variables)
  const at = async (api: Api, field: string, more = ''): Promise<Answer> => {
    const many = /^(create|update|delete)(\w+s|People)\(/.test(field)
    const type = /^[a-z]+([A-Z]\w*)\(/.exec(field)?.[1]
    const payload = `... on ${type}Payload { ${many ? 'ids' : 'id'} cursor verdict { status } ${more} }`
    return (await through(api, `mutation { it: ${field} { ${PROBLEM} ${payload} } }`)).it
  }
  const write = (field: string, more = '') => at(gateways().here, field, more)
  const film = async (fields = ''): Promise<string> =>
    (await write(`createFilm(input: { title: "x" ${fields} })`)).id
  return { ask, write, at, film }
}
