import type { EdgeRelationIR, EntityIR, FieldIR, InverseIR, ModelIR, TypeIR } from '@zg/core/ir/ir'
import { names } from '@zg/core/ir/names'
import fc from 'fast-check'
import { buildSchema, lexicographicSortSchema, printSchema, validateSchema } from 'graphql'
import { expect, test } from 'vitest'
import { graphqlSchema, sdl } from '../schema.ts'

const ENTITIES = ['Movie', 'person', 'News', 'Tag', 'Sheep', 'user_role'] as const
const FIELDS = [
  'name',
  'title',
  'first_name',
  'x',
  'type',
  'nodes',
  'first',
  'where',
  'count',
  'status',
] as const

const type: fc.Arbitrary<TypeIR> = fc.oneof(
  fc
    .constantFrom('id', 'string', 'int', 'float', 'boolean', 'datetime', 'date', 'bigint')
    .map(scalar => ({ kind: 'scalar', scalar }) as const),
  fc
    .uniqueArray(fc.constantFrom('a', 'B', 'open', 'CLOSED', 'x_1'), { minLength: 1 })
    .map(values => ({ kind: 'enum', values }) as const),
)

const field = (name: string, number: number): fc.Arbitrary<FieldIR> =>
  fc
    .record({
      name: fc.constant(name),
      number: fc.constant(number),
      crdt: fc.constantFrom('register', 'counter', 'set'),
      type,
      optional: fc.boolean(),
      once: fc.boolean(),
      graphql: fc.constant({}),
    })
    .map(made => (made.crdt === 'counter' ? { ...made, type: { kind: 'scalar', scalar: 'bigint' } } : made))

interface Link {
  readonly from: number
  readonly to: number
  readonly kind: 'many' | 'single' | 'edges'
  readonly inverse: boolean
}

const model: fc.Arbitrary<ModelIR> = fc
  .record({
    chosen: fc.uniqueArray(fc.constantFrom(...ENTITIES), { maxLength: 4 }),
    fields: fc.array(fc.uniqueArray(fc.constantFrom(...FIELDS), { maxLength: 5 }), {
      minLength: 4,
      maxLength: 4,
    }),
    links: fc.array(
      fc.record({
        from: fc.nat(3),
        to: fc.nat(3),
        kind: fc.constantFrom('many', 'single', 'edges'),
        inverse: fc.boolean(),
      }),
      { maxLength: 5 },
    ),
  })
  .chain(({ chosen, fields, links }) =>
    fc
      .tuple(...chosen.map((_, i) => fc.tuple(...(fields[i] ?? []).map((name, n) => field(name, n + 1)))))
      .map(made => assembled(chosen, made, links)),
  )

function assembled(
  chosen: readonly string[],
  fields: readonly (readonly FieldIR[])[],
  links: readonly Link[],
): ModelIR {
  const relations: EdgeRelationIR[] = []
  const refs = chosen.map((): FieldIR[] => [])
  const inverses = chosen.map((): InverseIR[] => [])
  for (const [n, { from, to, kind, inverse }] of links.entries()) {
    const [a, b] = [chosen[from], chosen[to]]
    if (a === undefined || b === undefined) continue
    const name = `rel${n}`
    if (kind === 'edges') {
      const relation = `${a}.${name}`
      relations.push({ name: relation, number: 100 + n, from: a, to: b })
      inverses[from]?.push({ kind, name, relation, end: 'from' })
      if (inverse) inverses[to]?.push({ kind, name: `back${n}`, relation, end: 'to' })
      continue
    }
    const type: TypeIR = { kind: 'ref', to: b, onDelete: 'restrict', unique: kind === 'single' }
    refs[from]?.push({
      name,
      number: 50 + n,
      crdt: 'register',
      type,
      optional: inverse,
      once: false,
      graphql: {},
    })
    if (inverse) inverses[to]?.push({ kind, name: `back${n}`, from: a, via: name })
  }
  const entities = chosen.map(
    (name, i): EntityIR => ({
      name,
      number: i + 1,
      prefix: `p${i}`,
      key: [],
      indexes: [],
      graphql: {},
      fields: [...(fields[i] ?? []), ...(refs[i] ?? [])],
      inverses: inverses[i] ?? [],
    }),
  )
  return { format: 1, open: true, unenforced: [], entities, relations }
}

test('every model whose names do not clash has a valid schema, and SDL that reads back as itself', () => {
  let built = 0
  fc.assert(
    fc.property(model, ir => {
      if (names(ir).problems.length) return
      built++
      expect(validateSchema(graphqlSchema({ ir }))).toEqual([])
      const text = sdl(ir)
      expect(printSchema(lexicographicSortSchema(buildSchema(text)))).toBe(text)
    }),
    { numRuns: 60 },
  )
  expect(built).toBeGreaterThan(20)
})
