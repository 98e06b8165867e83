import { catalog } from '@zg/core/ir/catalog'
import { entity, f, model } from '@zg/schema-builder'

/** A model with everything a mapping can fill: every type, relations of each kind, circles. */
const Book = entity({
  id: f.id({ key: 'isbn' }),
  isbn: f.string().once(),
  title: f.string(),
  pages: f.int().optional(),
  weight: f.float().optional(),
  sold: f.bigint().optional(),
  inPrint: f.boolean().default(true),
  published: f.date().optional(),
  indexedAt: f.datetime().optional(),
  binding: f.enum('hard', 'soft').optional(),
  language: f.string().once().optional(),
  author: f.one('Author').optional(),
  place: f.one('Place').optional(),
  subjects: f.manyToMany('Subject'),
  words: f.set(f.string()),
  loans: f.counter(),
  blurb: f.text(),
})

const Author = entity({ id: f.id({ key: 'name' }), name: f.string().once(), books: f.many('Book', 'author') })

const Subject = entity({
  id: f.id({ key: 'name' }),
  name: f.string().once(),
  books: f.manyToMany('Book', 'subjects'),
})

const Place = entity({
  id: f.id({ key: ['country', 'city'] }),
  country: f.string().once(),
  city: f.string().once(),
})

const Edition = entity({
  id: f.id({ key: ['book', 'number'] }),
  book: f.one('Book').once(),
  number: f.int().once(),
})

const Employee = entity({
  id: f.id({ key: 'number' }),
  number: f.int().once(),
  name: f.string(),
  boss: f.one('Employee').optional(),
  branch: f.one('Branch').optional(),
})

const Branch = entity({
  id: f.id({ key: 'city' }),
  city: f.string().once(),
  head: f.one('Employee').optional(),
})

const Ticket = entity({
  id: f.id({ key: 'number' }),
  number: f.int().once(),
  about: f.oneOf('Book', 'Place', 'Ticket').optional(),
})

const Note = entity({ id: f.id(), text: f.string(), about: f.one('Book').optional() })

const defined = model({
  open: true,
  entities: { Book, Author, Subject, Place, Edition, Employee, Branch, Ticket, Note },
}).define()
if (defined.problems.length) throw new Error(JSON.stringify(defined.problems))

export const library = catalog(defined.ir)
