import { type Catalog, catalog } from '@zg/core'
import { entity, f, model } from '@zg/schema-builder'

// Small models which, between them, have every kind of field and relation. Few rows meet often.

const Author = entity({
  id: f.id(),
  name: f.string(),
  best: f.one('Book').optional().onDelete('setNull').unique(),
  books: f.many('Book', 'author'),
})

const Book = entity(
  {
    id: f.id(),
    title: f.string(),
    pages: f.int().optional(),
    isbn: f.string().optional().unique(),
    lent: f.boolean().default(false),
    copies: f.counter(),
    labels: f.set(f.string()),
    author: f.one('Author').onDelete('restrict'),
    shelf: f.one('Shelf').optional().onDelete('setNull'),
    topics: f.manyToMany('Topic'),
    loans: f.many('Loan', 'book'),
  },
  { index: [['pages']] },
)

const Shelf = entity({ id: f.id(), room: f.string().optional(), books: f.many('Book', 'shelf') })

const Topic = entity({ id: f.id(), name: f.string(), books: f.manyToMany('Book', 'topics') })

const Loan = entity(
  { id: f.id(), book: f.one('Book').onDelete('cascade'), reader: f.string(), days: f.counter() },
  { index: [{ on: ['book', 'reader'], unique: true }] },
)

const library = model({ open: true, entities: { Author, Book, Shelf, Topic, Loan } })

const Currency = entity({
  id: f.id({ key: 'code' }),
  code: f.string().once(),
  name: f.string().optional(),
  rate: f.int().default(1),
  accounts: f.many('Account', 'currency'),
})

const Account = entity({
  id: f.id(),
  owner: f.string().once(),
  number: f.int().unique(),
  balance: f.counter(),
  moves: f.counter(),
  frozen: f.boolean().optional(),
  currency: f.one('Currency').optional().onDelete('setNull'),
})

const Transfer = entity({
  id: f.id(),
  from: f.one('Account').onDelete('restrict'),
  to: f.one('Account').onDelete('restrict'),
  reversal: f.one('Transfer').optional().onDelete('cascade'),
  memo: f.string().optional(),
})

const bank = model({ open: true, entities: { Currency, Account, Transfer } })

const Note = entity({
  id: f.id(),
  title: f.string().optional(),
  slug: f.string().optional().unique(),
  body: f.text(),
  pins: f.set(f.int()),
  props: f.json({ merge: 'paths' }),
  parent: f.one('Note').optional().onDelete('cascade'),
  children: f.many('Note', 'parent'),
  tags: f.manyToMany('Tag'),
})

const Tag = entity({ id: f.id(), name: f.string(), notes: f.manyToMany('Note', 'tags') })

const notes = model({ open: true, entities: { Note, Tag } })

const irs = { library: library.define().ir, bank: bank.define().ir, notes: notes.define().ir }

export type ModelName = keyof typeof irs

export const models: { readonly [name in ModelName]: Catalog } = {
  library: catalog(irs.library),
  bank: catalog(irs.bank),
  notes: catalog(irs.notes),
}
