import { type Known, placesOf, typeOfComputation } from '@zg/core/ir/computation'
import type {
  Computation,
  ComputedIR,
  EdgeRelationIR,
  EntityIR,
  FieldIR,
  IndexIR,
  InverseIR,
  ModelIR,
  TypeIR,
} from '@zg/core/ir/ir'
import { isOneToOne } from '@zg/core/ir/refer'
import fc from 'fast-check'

/**
 * Random models: names that clash with each other, with GraphQL's and with ours; all kinds of field and relation;
 * indexes, unique keys and computed fields. Some have problems (`checkModel`); the others must work.
 */

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
    .constantFrom('id', 'string', 'int', 'float', 'boolean', 'datetime', 'date', 'bigint', 'bytes', 'json')
    .map(scalar => ({ kind: 'scalar', scalar }) as const),
  fc.nat(38).map(scale => ({ kind: 'scalar', scalar: 'decimal', scale }) as const),
  fc
    .uniqueArray(fc.constantFrom('a', 'B', 'open', 'CLOSED', 'x_1'), { minLength: 1 })
    .map(values => ({ kind: 'enum', values }) as const),
)

const field = (name: string, number: number): fc.Arbitrary<FieldIR> =>
  fc
    .record({
      name: fc.constant(name),
      number: fc.constant(number),
      crdt: fc.constantFrom('register', 'counter', 'set', 'json', 'text'),
      type,
      optional: fc.boolean(),
      once: fc.boolean(),
      graphql: fc.constant({}),
    })
    .map(made => {
      const whole = { ...made, optional: false, once: false }
      if (made.crdt === 'counter') return { ...whole, type: { kind: 'scalar', scalar: 'bigint' } }
      if (made.crdt === 'json') return { ...whole, type: { kind: 'scalar', scalar: 'json' } }
      if (made.crdt === 'text') return { ...whole, type: { kind: 'scalar', scalar: 'string' } }
      if (made.crdt === 'set' && isElement(made.type)) return { ...made, optional: false }
      return made.crdt === 'set' && !isElement(made.type) ? { ...made, crdt: 'register' } : made
    })

/** The DSL has no sets of the others. */
const isElement = (of: TypeIR) => of.kind !== 'scalar' || !['decimal', 'bytes', 'json'].includes(of.scalar)

interface Link {
  readonly from: number
  readonly to: number
  readonly kind: 'many' | 'single' | 'edges' | 'refs'
  readonly inverse: boolean
}

/** A computed field, as numbers: which fields and relations it is made from depends on what there is. */
interface Formula {
  readonly name: string
  readonly how: 'path' | 'plus' | 'minus' | 'times' | 'count' | 'sum' | 'nowhere'
  readonly left: number
  readonly right: number
}

const formula: fc.Arbitrary<Formula> = fc.record({
  name: fc.constantFrom('total', 'count', 'sum', 'x', 'nodes'),
  how: fc.constantFrom('path', 'plus', 'minus', 'times', 'count', 'count', 'sum', 'sum', 'nowhere'),
  left: fc.nat(20),
  right: fc.nat(20),
})

export const anyModel: fc.Arbitrary<ModelIR> = fc
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
        kind: fc.constantFrom('many', 'single', 'edges', 'refs'),
        inverse: fc.boolean(),
      }),
      { maxLength: 5 },
    ),
    formulas: fc.array(fc.uniqueArray(formula, { maxLength: 2, selector: ({ name }) => name }), {
      minLength: 4,
      maxLength: 4,
    }),
  })
  .chain(({ chosen, fields, links, formulas }) =>
    fc
      .tuple(...chosen.map((_, i) => fc.tuple(...(fields[i] ?? []).map((name, n) => field(name, n + 1)))))
      .map(made => computing(assembled(chosen, made, links), formulas)),
  )

/** A unique key of as many fields as there are before this entity: none, one, several. */
function keyed(fields: readonly FieldIR[], size: number): readonly IndexIR[] {
  const on = fields
    .filter(({ crdt, type }) => crdt === 'register' && !(type.kind === 'scalar' && type.scalar === 'json'))
    .map(({ name }) => name)
    .slice(0, size)
  return on.length ? [{ on, kind: 'btree', unique: true }] : []
}

/** Full text over what holds text, where `name` is among it. */
function searched(fields: readonly FieldIR[]): readonly IndexIR[] {
  const texts = fields.filter(
    ({ crdt, type }) =>
      (crdt === 'register' || crdt === 'text') && type.kind === 'scalar' && type.scalar === 'string',
  )
  return texts.slice(0, 2).map(({ name }) => ({ on: [name], kind: 'fulltext' }))
}

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
    const type: TypeIR =
      kind === 'refs'
        ? {
            kind: 'refs',
            to: chosen.filter((_, i) => i === to || i === from),
            onDelete: 'restrict',
            ...(n % 2 ? { unique: true } : {}),
          }
        : { kind: 'ref', to: b, onDelete: 'restrict', unique: kind === 'single' }
    refs[from]?.push({
      name,
      number: 50 + n,
      crdt: 'register',
      type,
      optional: inverse,
      once: false,
      graphql: {},
    })
    if (inverse)
      inverses[to]?.push({ kind: isOneToOne(type) ? 'single' : 'many', name: `back${n}`, from: a, via: name })
  }
  const entities = chosen.map(
    (name, i): EntityIR => ({
      name,
      number: i + 1,
      prefix: `p${i}`,
      key: [],
      indexes: [...keyed(fields[i] ?? [], i), ...searched(fields[i] ?? [])],
      graphql: {},
      fields: [...(fields[i] ?? []), ...(refs[i] ?? [])],
      inverses: inverses[i] ?? [],
    }),
  )
  return { format: 1, open: true, unenforced: [], entities, relations }
}

/** The model with its computed fields. Some lead nowhere, or have no type: those are problems. */
function computing(model: ModelIR, formulas: readonly (readonly Formula[])[]): ModelIR {
  const known: Known = {
    entities: new Map(model.entities.map(entity => [entity.name, entity])),
    relations: new Map(model.relations.map(relation => [relation.name, relation])),
  }
  const entities = model.entities.map((entity, i): EntityIR => {
    const computed = (formulas[i] ?? []).map((one): ComputedIR => {
      const says = computation(known, entity, one)
      const made = typeOfComputation(known, entity.name, says)
      const typed = 'message' in made ? { type: BIGINT, optional: false } : made
      return { name: one.name, ...typed, says, graphql: {} }
    })
    return computed.length ? { ...entity, computed } : entity
  })
  return { ...model, entities }
}

const BIGINT: TypeIR = { kind: 'scalar', scalar: 'bigint' }
const NOWHERE: Computation = { kind: 'path', path: ['nowhere'] }

function computation(known: Known, entity: EntityIR, { how, left, right }: Formula): Computation {
  const many = entity.inverses.filter(inverse => inverse.kind !== 'single')
  const over = many[left % many.length]
  switch (how) {
    case 'nowhere':
      return NOWHERE
    case 'path':
      return at(
        entity.fields.filter(({ crdt, type }) => crdt === 'register' && type.kind === 'scalar'),
        left,
      )
    case 'count':
      return over ? { kind: how, path: [over.name] } : { kind: 'value', value: left }
    case 'sum': {
      const target = over && known.entities.get(targetOf(known, over))
      return target ? { kind: how, path: [over.name], of: number(target, right) } : number(entity, right)
    }
    default:
      return { kind: how, left: number(entity, left), right: number(entity, right) }
  }
}

function targetOf({ relations }: Known, relation: InverseIR): string {
  if (relation.kind !== 'edges') return relation.from
  const edges = relations.get(relation.relation)
  return (relation.end === 'from' ? edges?.to : edges?.from) ?? ''
}

/** A number of the row, or a constant if it has none. */
function number({ fields }: EntityIR, which: number): Computation {
  const numbers = fields.filter(
    ({ crdt, type }) => (crdt === 'register' || crdt === 'counter') && placesOf(type) !== null,
  )
  return which % 3 === 0 || !numbers.length ? { kind: 'value', value: '1.5' } : at(numbers, which)
}

function at(fields: readonly FieldIR[], which: number): Computation {
  const field = fields[which % fields.length]
  return field ? { kind: 'path', path: [field.name] } : NOWHERE
}
