import type { CrdtKind, EntityIR, FieldIR, ModelIR, TypeIR } from './ir.ts'

/** A small model with every kind of field and relation, written as IR: what tests below schema-builder use. */
const string: TypeIR = { kind: 'scalar', scalar: 'string' }

function field(number: number, name: string, type: TypeIR, more: Partial<FieldIR> = {}): FieldIR {
  const crdt: CrdtKind = more.crdt ?? 'register'
  return { name, number, crdt, type, optional: false, once: false, graphql: {}, ...more }
}

function entity(number: number, name: string, more: Partial<EntityIR>): EntityIR {
  return {
    name,
    number,
    prefix: name.toLowerCase(),
    key: [],
    fields: [],
    inverses: [],
    indexes: [],
    graphql: {},
    ...more,
  }
}

function ref(to: string, onDelete: 'restrict' | 'cascade' | 'setNull' = 'restrict', unique = false): TypeIR {
  return { kind: 'ref', to, onDelete, unique }
}

export const filmModel: ModelIR = {
  format: 1,
  open: true,
  unenforced: [],
  entities: [
    entity(1, 'Film', {
      fields: [
        field(1, 'title', string),
        field(2, 'year', { kind: 'scalar', scalar: 'int' }, { optional: true }),
        field(3, 'score', { kind: 'scalar', scalar: 'float' }, { optional: true }),
        field(4, 'seen', { kind: 'scalar', scalar: 'boolean' }, { default: false }),
        field(5, 'released', { kind: 'scalar', scalar: 'date' }, { optional: true }),
        field(6, 'addedAt', { kind: 'scalar', scalar: 'datetime' }, { optional: true }),
        field(7, 'gross', { kind: 'scalar', scalar: 'bigint' }, { optional: true }),
        field(8, 'rating', { kind: 'enum', values: ['G', 'PG', 'R'] }, { optional: true }),
        field(9, 'likes', { kind: 'scalar', scalar: 'bigint' }, { crdt: 'counter' }),
        field(10, 'moods', string, { crdt: 'set' }),
        field(11, 'director', ref('Person', 'setNull'), { optional: true }),
        field(12, 'studio', ref('Studio'), { optional: true }),
        field(13, 'budget', { kind: 'scalar', scalar: 'decimal', scale: 2 }, { optional: true }),
        field(14, 'share', { kind: 'scalar', scalar: 'decimal', scale: 4 }, { default: '0.5000' }),
        field(15, 'cover', { kind: 'scalar', scalar: 'bytes' }, { optional: true }),
        field(16, 'facts', { kind: 'scalar', scalar: 'json' }, { optional: true }),
        field(17, 'notes', { kind: 'scalar', scalar: 'json' }, { crdt: 'json' }),
      ],
      inverses: [
        { kind: 'many', name: 'reviews', from: 'Review', via: 'film' },
        { kind: 'edges', name: 'tags', relation: 'Film.tags', end: 'from' },
        { kind: 'single', name: 'poster', from: 'Poster', via: 'film' },
      ],
      indexes: [
        { on: ['year', 'title'], kind: 'btree' },
        { on: ['title'], kind: 'fulltext' },
      ],
    }),
    entity(2, 'Person', {
      fields: [field(1, 'name', string)],
      inverses: [{ kind: 'many', name: 'directed', from: 'Film', via: 'director' }],
    }),
    entity(3, 'Studio', {
      key: ['name'],
      fields: [field(1, 'name', string, { once: true })],
      inverses: [{ kind: 'many', name: 'films', from: 'Film', via: 'studio' }],
    }),
    entity(4, 'Review', {
      fields: [
        field(1, 'film', ref('Film', 'cascade')),
        field(2, 'text', string),
        field(3, 'stars', { kind: 'scalar', scalar: 'int' }),
      ],
      indexes: [{ on: ['text'], kind: 'fulltext' }],
    }),
    entity(5, 'Tag', {
      fields: [field(1, 'name', string)],
      inverses: [{ kind: 'edges', name: 'films', relation: 'Film.tags', end: 'to' }],
    }),
    entity(7, 'Poster', {
      fields: [field(1, 'film', ref('Film', 'cascade', true)), field(2, 'url', string)],
    }),
  ],
  relations: [{ name: 'Film.tags', number: 6, from: 'Film', to: 'Tag' }],
}
