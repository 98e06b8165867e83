import { catalog } from './catalog.ts'
import type { FieldIR, ModelIR } from './ir.ts'

const STRING = { kind: 'scalar', scalar: 'string' } as const
const common = { optional: false, once: false, graphql: {} }
const text = (name: string, number: number): FieldIR => ({
  ...common,
  name,
  number,
  crdt: 'text',
  type: STRING,
})

/** Rows with texts: two of them, and beside them a register. */
export const noteModel: ModelIR = {
  format: 1,
  entities: [
    {
      name: 'Note',
      number: 1,
      prefix: 'note',
      key: [],
      fields: [
        { ...common, name: 'title', number: 1, crdt: 'register', type: STRING, optional: true },
        text('body', 2),
        text('summary', 3),
        {
          ...common,
          name: 'parent',
          number: 4,
          crdt: 'register',
          optional: true,
          type: { kind: 'ref', to: 'Note', onDelete: 'cascade', unique: false },
        },
      ],
      inverses: [{ kind: 'many', name: 'children', from: 'Note', via: 'parent' }],
      indexes: [],
      graphql: {},
    },
  ],
  relations: [],
  open: true,
  unenforced: [],
}

export const notes = catalog(noteModel)
