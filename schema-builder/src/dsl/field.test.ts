import type { Json } from '@zg/core/json'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { entity } from './entity.ts'
import { f } from './f.ts'
import { model } from './model.ts'
import { problemsOf } from './problems.fixture.ts'
import { spec } from './spec.ts'

const id = f.id()

test('a modifier makes a new field and leaves the old one alone', () => {
  const plain = f.string()
  const before = JSON.stringify(plain.spec)
  const check = z.string().min(1)
  const changed = plain
    .optional()
    .once()
    .pii()
    .index('hash')
    .check(check)
    .was('old')
    .unique({ onViolation: 'repair' })
  expect(JSON.stringify(plain.spec)).toBe(before)
  expect(changed.spec).toMatchObject({
    optional: true,
    once: true,
    pii: true,
    indexes: ['hash'],
    checks: [check],
    was: ['old'],
    unique: { onViolation: 'repair' },
  })
  expect(plain.spec).toEqual(spec({ kind: 'scalar', scalar: 'string' }))
})

test('defaults: a literal stands in the IR, in its one form; a function beside it', () => {
  const Film = entity({
    id,
    title: f.string().default('Untitled'),
    at: f.date().default(() => '2026-11-21'),
    price: f.decimal({ scale: 2 }).default('-0.5'),
    data: f.json(z.object({ b: z.number(), a: z.number() })).default({ b: 1, a: 2 }),
  })
  const { ir, defaults, problems } = model({ open: true, entities: { Film } }).define()
  expect(problems).toEqual([])
  expect(JSON.stringify(ir.entities[0]?.fields.map(field => field.default ?? field.authored))).toBe(
    '["Untitled",true,"-0.50",{"a":2,"b":1}]',
  )
  expect(ir.unenforced).toEqual([])
  expect(defaults.Film?.at?.()).toBe('2026-11-21')
})

test('the kinds of value become types of the IR', () => {
  const Film = entity({
    id,
    a: f.decimal({ scale: 4 }),
    b: f.bytes().once(),
    c: f.json(z.unknown()).optional(),
  })
  const { ir, problems } = model({ open: true, entities: { Film } }).define()
  expect(problems).toEqual([])
  expect(ir.unenforced).toEqual([])
  expect(ir.entities[0]?.fields.map(({ type, check }) => ({ type, check }))).toEqual([
    { type: { kind: 'scalar', scalar: 'decimal', scale: 4 }, check: undefined },
    { type: { kind: 'scalar', scalar: 'bytes' }, check: undefined },
    { type: { kind: 'scalar', scalar: 'json' }, check: true },
  ])
})

test('json that merges by paths is a kind of its own, with what such a kind can have', () => {
  const data = f.json({ merge: 'paths' }).was('old').graphql({ name: 'facts' })
  const { ir, problems } = model({ open: true, entities: { Film: entity({ id, data }) } }).define()
  expect(problems).toEqual([])
  expect(ir.unenforced).toEqual([])
  const type = { kind: 'scalar', scalar: 'json' }
  expect(ir.entities[0]?.fields).toMatchObject([
    { crdt: 'json', optional: false, type, graphql: { name: 'facts' } },
  ])
  const odd = (f.json({ merge: 'paths' }) as unknown as ReturnType<typeof f.string>).optional().unique()
  expect(problemsOf({ Film: entity({ id, odd }) })).toEqual(
    expect.arrayContaining([
      "BAD_MODIFIER at Film.odd: f.json({ merge: 'paths' }) has no .optional() (it is never null); take it away",
    ]),
  )
})

test('a check tells what is wrong at its place, and never changes the value', () => {
  const Film = entity({
    id,
    name: f
      .string()
      .check(z.string().trim().min(2))
      .check(z.string().regex(/^[a-z]+$/, 'letters\0 only')),
    data: f.json(z.object({ list: z.array(z.number()) })),
    body: f.text().check(z.string().max(3)),
  })
  const { checks, problems, ir } = model({ open: true, entities: { Film } }).define()
  expect(problems).toEqual([])
  expect(ir.entities[0]?.fields.map(field => field.check)).toEqual([true, true, true])
  expect(ir.unenforced).toEqual([])
  const judge = (field: string, value: Json) => (checks.Film?.[field] ?? []).flatMap(check => check(value))
  expect(judge('name', 'ab')).toEqual([])
  expect(judge('name', ' 1 ')).toMatchObject([
    { code: 'INVALID', path: [] },
    { code: 'INVALID', path: [], message: 'letters\ufffd only' },
  ])
  expect(judge('body', 'long')).toMatchObject([{ code: 'INVALID', path: [] }])
  expect(judge('data', { list: [1, 'x'] })).toMatchObject([{ code: 'INVALID', path: ['list', '1'] }])
})

test('a check that answers later is a problem of the model, and so is a default that its check refuses', () => {
  const Film = entity({
    id,
    name: f.string().check(z.string().refine(async value => value !== 'x')),
    size: f.int().default(0).check(z.number().positive()),
    odd: f.int().check({
      '~standard': {
        version: 1,
        vendor: 'test',
        validate: () => {
          throw new Error('not now')
        },
      },
    }),
    data: f.json(z.unknown()).default({ list: [Number.NaN] }),
  })
  expect(problemsOf({ Film })).toEqual([
    'BAD_DEFAULT at Film.data.list.0: The default cannot be stored: JSON cannot hold the number NaN',
    'ASYNC_CHECK at Film.name: The validation answers with a promise; make it synchronous',
    expect.stringMatching(/^BAD_DEFAULT at Film.size: The default 0 is refused by its own check: /),
  ])
})
