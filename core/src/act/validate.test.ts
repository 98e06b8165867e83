import { expect, test } from 'vitest'
import { catalog } from '../ir/catalog.ts'
import type { TypeIR } from '../ir/ir.ts'
import { entity, field, modelOf, text } from '../ir/model.fixture.ts'
import type { Json } from '../json.ts'
import { problem } from '../problem.ts'
import type { Act, FieldAct } from './act.ts'
import { authored } from './authored.ts'
import { bodyHash } from './body.ts'
import { checkActs } from './check.ts'
import { type Check, missingCode } from './checks.ts'

const money: TypeIR = { kind: 'scalar', scalar: 'decimal', scale: 2 }
const json: TypeIR = { kind: 'scalar', scalar: 'json' }
const model = modelOf(
  // A name that every object has, too.
  entity('constructor', [field('name')]),
  entity('Item', [
    field('price', money, { check: true }),
    field('data', json, { optional: true, check: true }),
    field('label', text, { authored: true }),
    field('code', text, { optional: true }),
    field('title', text, { optional: true }),
  ]),
)
const indexed = {
  ...model,
  entities: model.entities.map(one =>
    one.name === 'Item' ? { ...one, indexes: [{ on: ['code', 'title'], kind: 'btree' as const }] } : one,
  ),
}
const names = catalog(indexed)
const set = (value: Json): FieldAct => ({ kind: 'set', value })
const item = (fields: { readonly [name: string]: FieldAct }): Act => ({
  kind: 'create',
  entity: 'Item',
  id: 'item_1',
  fields: { price: set('1'), label: set(''), ...fields },
})

test('checks see the value as it will be stored; their problems stand at the value and inside it', () => {
  const seen: Json[] = []
  const price: Check = value => {
    seen.push(value)
    return value === '0.50' ? [problem('INVALID', [], 'no halves')] : []
  }
  const data: Check = () => [problem('INVALID', ['a', '0'], 'odd'), problem('INVALID', [], 'whole')]
  const checks = { Item: { price: [price], data: [data] } }
  const update: Act = { kind: 'update', entity: 'Item', id: 'item_1', fields: { price: set('.5') } }
  const found = checkActs(
    names,
    [item({ price: set('0.5'), data: set({}) }), item({ data: set(null) }), update],
    checks,
  )
  expect(found.map(({ code, path }) => [code, path.join('.')])).toEqual([
    ['INVALID', '0.price'],
    ['INVALID', '0.data.a.0'],
    ['INVALID', '0.data'],
    ['BAD_VALUE', '2.price'],
  ])
  // Null is no value, and what is none of the type's reaches no check.
  expect(seen).toEqual(['0.50', '1.00'])
})

test('a check on one entity is not asked about a namesake elsewhere', () => {
  const act: Act = { kind: 'create', entity: 'constructor', id: 'constructor_1', fields: { name: set('x') } }
  const never: Check = () => [problem('INVALID', [], 'never')]
  expect(checkActs(names, [act], { Item: { name: [never] } })).toEqual([])
})

test('texts of one index share its room', () => {
  const codes = (code: string, title: string) =>
    checkActs(names, [item({ code: set(code), title: set(title) })]).map(one => `${one.code} ${one.path}`)
  expect(codes('x'.repeat(498), 'é'.repeat(249))).toEqual([])
  expect(codes('x'.repeat(499), 'é'.repeat(250))).toEqual(['TOO_LONG 0,code', 'TOO_LONG 0,title'])
  // Not in an index: as long as texts may be.
  expect(checkActs(names, [item({ label: set('x'.repeat(1_000_000)) })])).toEqual([])
})

test('functions that the IR names must be there', () => {
  const code = { checks: { Item: { price: [() => []], data: [] } }, defaults: {} }
  expect(missingCode(indexed, code).map(({ code: what, path }) => [what, path.join('.')])).toEqual([
    ['CODE_MISSING', 'Item.data'],
    ['CODE_MISSING', 'Item.label'],
  ])
})

test('a function default fills in what a create leaves out, and does not make a retry another mutation', () => {
  let made = 0
  const defaults = { Item: { label: () => `made ${++made}` } }
  const view = names.entity('Item')
  const create = (fields: { readonly [name: string]: FieldAct }) =>
    authored(view, defaults, { kind: 'create', entity: 'Item', id: 'item_1', fields })
  const first = create({ price: set('1') })
  const second = create({ price: set('1') })
  expect(first.fields).toEqual({ price: set('1'), label: set('made 1') })
  expect(second.fields.label).toEqual(set('made 2'))
  expect(bodyHash([first])).toBe(bodyHash([second]))
  expect(bodyHash([first])).not.toBe(bodyHash([create({ price: set('2') })]))
  // Said by the caller, it is the caller's, also when it says null.
  const said = create({ price: set('1'), label: set('made 1') })
  expect(made).toBe(3)
  expect(said.authored).toBeUndefined()
  expect(bodyHash([first])).not.toBe(bodyHash([said]))
  expect(create({ label: set(null) }).fields.label).toEqual(set(null))
  expect(checkActs(names, [item({})])).toEqual([])
  const without: Act = { kind: 'create', entity: 'Item', id: 'item_1', fields: { price: set('1') } }
  expect(checkActs(names, [without])).toMatchObject([{ code: 'REQUIRED', path: ['0', 'label'] }])
})
