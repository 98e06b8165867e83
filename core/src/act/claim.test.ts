import { expect, test } from 'vitest'
import { createClock } from '../change/clock.ts'
import { NOTHING } from '../change/instance.ts'
import { catalog } from '../ir/catalog.ts'
import { entity, field, modelOf, refTo, text } from '../ir/model.fixture.ts'
import type { Act, FieldActs } from './act.ts'
import { bodyHash } from './body.ts'
import { checkActs } from './check.ts'
import { judge } from './judge.ts'
import type { Needs } from './needs.ts'
import { createOverlay } from './overlay.ts'
import { prefetch } from './prefetch.ts'

const members = catalog(
  modelOf(
    entity('Org', [field('name', text, { once: true })], { key: ['name'] }),
    entity(
      'Member',
      [
        field('nick', text, { optional: true }),
        field('org', refTo('Org', 'cascade')),
        field('user'),
        field('role', text, { default: 'viewer' }),
      ],
      {
        indexes: [
          { on: ['user', 'org'], kind: 'btree', unique: true },
          { on: ['nick'], kind: 'btree', unique: true },
          { on: ['role', 'nick'], kind: 'btree', unique: true },
        ],
      },
    ),
  ),
)

/** An empty tenant; tells what was refused where, or who holds what. */
function tenant() {
  const overlay = createOverlay(members)
  const clock = createClock({ now: () => 1_000, replica: 7n })
  const asked: Needs[] = []
  const fill = (needs: Needs) =>
    overlay.fill(needs, {
      instances: needs.instances.map(() => NOTHING),
      inbound: needs.inbound.map(() => []),
      claims: needs.claims.map(() => null),
      stamps: needs.stamps.map(() => null),
    })
  const commit = (...acts: Act[]) => {
    const unfit = checkActs(members, acts)
    if (unfit.length) return unfit.map(({ code, path }) => `${code} ${path.join('.')}`)
    const draft = overlay.draft()
    const stamp = (above: Iterable<string>) => clock.stamp(above)
    fill(prefetch(members, acts))
    const who = { tenant: 't', schema: 's', by: 'b', client: 'c', n: 0, base: null, stamp }
    const judging = judge(members, acts, draft, who)
    let step = judging.next()
    for (; !step.done; step = judging.next()) {
      asked.push(step.value)
      fill(step.value)
    }
    if (step.value.kind === 'refused')
      return step.value.problems.map(({ code, path }) => `${code} ${path.join('.')}`)
    draft.accept(step.value.written.map(({ change }) => change))
    return step.value.ids
  }
  const held = () => [...overlay.claimed.values()].filter(({ id }) => id !== null)
  return { commit, held, asked }
}

const set = (value: string | null) => ({ kind: 'set' as const, value })
const org = (name: string): Act => ({
  kind: 'create',
  entity: 'Org',
  id: `org_${name}`,
  fields: { name: set(name) },
})
const member = (id: string, fields: FieldActs): Act => ({
  kind: 'create',
  entity: 'Member',
  id: `member_${id}`,
  fields: { org: set('org_x'), user: set(id), ...fields },
})
const update = (id: string, fields: FieldActs): Act => ({
  kind: 'update',
  entity: 'Member',
  id: `member_${id}`,
  fields,
})

test('a claim is the list of the values by field number, under an index of numbers', () => {
  const { commit, held, asked } = tenant()
  commit(org('x'), member('a', { nick: set('al') }), member('b', {}))
  expect(
    held()
      .map(({ index, value, id }) => `${index} ${value} ${id}`)
      .sort(),
  ).toEqual([
    '2.1 ["al"] member_a',
    '2.1+4 ["al","viewer"] member_a',
    '2.2+3 ["org_x","a"] member_a',
    '2.2+3 ["org_x","b"] member_b',
  ])
  // All of it was known from the acts alone: a batch loads once.
  expect(asked).toEqual([])
})

test('each claim that is taken is a problem at the field that was written last', () => {
  const { commit } = tenant()
  commit(org('x'), org('y'), member('a', { nick: set('al') }), member('b', {}))
  expect(commit(update('b', { user: set('a'), nick: set('al') }))).toEqual([
    'UNIQUE_TAKEN 0.user',
    'UNIQUE_TAKEN 0.nick',
    'UNIQUE_TAKEN 0.nick',
  ])
  const elsewhere = [member('c', { org: set('org_y'), user: set('a') }), update('c', { org: set('org_x') })]
  expect(commit(...elsewhere)).toEqual(['UNIQUE_TAKEN 1.org'])
  expect(commit(update('b', { nick: set('x'.repeat(2_000)) }))[0]).toMatch(/^TOO_LONG 0.nick/)
})

test('a refused mutation holds nothing, and a row holds one value at a time', () => {
  const { commit, held } = tenant()
  commit(org('x'), member('a', { nick: set('al') }), member('b', {}))
  const before = held()
  commit(update('b', { nick: set('new') }), update('b', { user: set('a') }))
  expect(held()).toEqual(before)
  commit(update('a', { nick: set('two') }), update('a', { nick: set('three') }))
  expect(held().filter(({ index }) => index === '2.1')).toMatchObject([{ value: '["three"]' }])
  expect(commit(update('b', { nick: set('two') }))).toEqual(['member_b'])
  commit({ kind: 'delete', entity: 'Org', id: 'org_x' })
  expect(held()).toEqual([])
})

test('an act that is given a key is done to the row that holds it, or not at all', () => {
  const { commit, held } = tenant()
  const key = { user: 'a', org: 'org_x' }
  const upsert = (id: string, nick: string): Act[] => {
    const given = { entity: 'Member', key, id: `member_${id}` }
    return [
      { ...member(id, { user: set('a') }), given: { ...given, there: false } } as Act,
      { ...update(id, { nick: set(nick) }), given: { ...given, there: true } } as Act,
    ]
  }
  commit(org('x'))
  expect(commit(...upsert('one', 'n'))).toEqual(['member_one', 'member_one'])
  expect(held().map(({ index }) => index)).toEqual(['2.2+3'])
  expect(commit(...upsert('two', 'n'))).toEqual(['member_one', 'member_one'])
  expect(held().filter(({ index }) => index === '2.1')).toMatchObject([{ value: '["n"]', id: 'member_one' }])
  const wrong = upsert('x', 'n').map(act => ({ ...act, given: { ...act.given, key: { user: 'a' } } }) as Act)
  expect(commit(...wrong)[0]).toBe('BAD_KEY 0.given.key')
  const bad = upsert('x', 'n').map(
    act => ({ ...act, given: { ...act.given, key: { ...key, user: 'a\0' } } }) as Act,
  )
  expect(commit(...bad)[0]).toBe('BAD_VALUE 0.given.key.user')
})

test('what a mutation does itself does not decide what its acts are given', () => {
  const { commit } = tenant()
  const given = { entity: 'Org', key: { name: 'x' }, id: 'org_x', there: false }
  const made = { ...org('x'), given }
  expect(commit(org('x'), made)).toEqual(['ID_TAKEN 1.id'])
  commit(org('x'))
  expect(commit({ kind: 'delete', entity: 'Org', id: 'org_x' }, made)).toEqual(['org_x', 'org_x'])
})

test('the condition is part of what a mutation id stands for, the ids made for it are not', () => {
  const asked = (id: string, user: string): Act => ({
    ...(member(id, {}) as Extract<Act, { kind: 'create' }>),
    generated: true,
    fields: {},
    given: { entity: 'Member', key: { user, org: 'org_x' }, there: false, id: `member_${id}` },
  })
  expect(bodyHash([asked('one', 'a')])).toBe(bodyHash([asked('two', 'a')]))
  expect(bodyHash([asked('one', 'a')])).not.toBe(bodyHash([asked('one', 'b')]))
})
