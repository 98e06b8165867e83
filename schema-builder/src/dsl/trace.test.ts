import { describe, expect, test } from 'vitest'
import { entity } from './entity.ts'
import { f } from './f.ts'
import type { Formula } from './formula.ts'
import { model } from './model.ts'
import type { Asker, Predicate, Ref } from './predicate.ts'

const entities = {
  Post: entity({
    id: f.id(),
    title: f.string(),
    likes: f.bigint(),
    words: f.set(f.string()),
    author: f.one('User'),
    cover: f.single('Cover', 'post'),
    comments: f.many('Comment', 'post'),
    about: f.oneOf('User', 'Comment'),
  }),
  User: entity({ id: f.id(), name: f.string(), friends: f.manyToMany('User') }),
  Comment: entity({ id: f.id(), post: f.one('Post'), stars: f.int() }),
  Cover: entity({ id: f.id(), post: f.one('Post').unique(), url: f.string() }),
}
const posts = model<typeof entities, { org: string }>({ entities })
type Post = Ref<typeof posts, 'Post'>

/** What a policy on Post says. */
function says(read: (post: Post, asker: Asker<{ org: string }>) => Predicate | boolean): Formula {
  const { formulas, problems } = posts.define({ Post: { policy: { read } } })
  expect(problems).toEqual([])
  return formulas[0]?.says as Formula
}

const path = (...steps: string[]) => ({ kind: 'path', path: steps })
const value = (literal: unknown) => ({ kind: 'value', value: literal })

test('members and operators become the expression that SQL and the evaluator understand', () => {
  expect(says(p => p.title.eq('x').and(p.author.name.startsWith('A')))).toEqual({
    kind: 'and',
    of: [
      { kind: 'eq', left: path('title'), right: value('x') },
      { kind: 'startsWith', left: path('author', 'name'), text: 'A' },
    ],
  })
  expect(says((p, a) => p.author.eq(a.id).or(p.title.eq(a.claims.org)).or(a.role('admin')))).toEqual({
    kind: 'or',
    of: [
      {
        kind: 'or',
        of: [
          { kind: 'eq', left: path('author'), right: { kind: 'asker' } },
          { kind: 'eq', left: path('title'), right: { kind: 'claim', claim: 'org' } },
        ],
      },
      { kind: 'role', role: 'admin' },
    ],
  })
  expect(says(() => true)).toEqual({ kind: 'and', of: [] })
  expect(says(() => false)).toEqual({ kind: 'or', of: [] })
  expect(says(p => p.likes.in([1n, 2, '3']))).toEqual({
    kind: 'in',
    left: path('likes'),
    values: ['1', 2, '3'],
  })
})

test('relations: to-one extends the path, to-many asks about rows of their own', () => {
  expect(says(p => p.comments.some(c => c.post.author.name.eq('x')))).toEqual({
    kind: 'some',
    path: ['comments'],
    where: { kind: 'eq', left: path('post', 'author', 'name'), right: value('x') },
  })
  expect(says(p => p.author.friends.none(u => u.name.isNull()))).toMatchObject({
    kind: 'none',
    path: ['author', 'friends'],
  })
  expect(says(p => p.cover.url.eq('x'))).toMatchObject({ left: path('cover', 'url') })
  expect(says(p => p.comments.count().gt(2))).toEqual({
    kind: 'gt',
    left: { kind: 'count', path: ['comments'] },
    right: value(2),
  })
  expect(says(p => p.comments.sum(c => c.stars).lte(9))).toMatchObject({
    left: { kind: 'sum', path: ['comments'], of: path('stars') },
  })
  expect(says(p => p.author.can('read'))).toEqual({ kind: 'can', path: ['author'], operation: 'read' })
  expect(says(p => p.about.can('read'))).toEqual({ kind: 'can', path: ['about'], operation: 'read' })
})

describe('not() leaves no node: it swaps each operator for its opposite', () => {
  const pairs: [string, (p: Post) => Predicate, object][] = [
    ['eq', p => p.title.eq('x'), { kind: 'ne' }],
    ['ne', p => p.title.ne('x'), { kind: 'eq' }],
    ['lt', p => p.likes.lt(1), { kind: 'gte' }],
    ['lte', p => p.likes.lte(1), { kind: 'gt' }],
    ['gt', p => p.likes.gt(1), { kind: 'lte' }],
    ['gte', p => p.likes.gte(1), { kind: 'lt' }],
    ['in', p => p.title.in(['x']), { kind: 'notIn' }],
    ['notIn', p => p.title.notIn(['x']), { kind: 'in' }],
    ['contains', p => p.title.contains('x'), { kind: 'notContains' }],
    ['startsWith', p => p.title.startsWith('x'), { kind: 'notStartsWith' }],
    ['isNull', p => p.title.isNull(), { kind: 'isNotNull' }],
    ['has', p => p.words.has('x'), { kind: 'hasNot' }],
    ['can', p => p.author.can('read'), { kind: 'cannot' }],
    ['some', p => p.comments.some(c => c.stars.gt(1)), { kind: 'none', where: { kind: 'gt' } }],
    ['none', p => p.comments.none(c => c.stars.gt(1)), { kind: 'some', where: { kind: 'gt' } }],
    ['every', p => p.comments.every(c => c.stars.gt(1)), { kind: 'some', where: { kind: 'lte' } }],
    ['and', p => p.title.eq('x').and(p.title.ne('y')), { kind: 'or', of: [{ kind: 'ne' }, { kind: 'eq' }] }],
    ['or', p => p.title.eq('x').or(p.title.ne('y')), { kind: 'and', of: [{ kind: 'ne' }, { kind: 'eq' }] }],
  ]
  test.each(pairs)('%s', (_, predicate, opposite) => {
    expect(says(p => predicate(p).not())).toMatchObject(opposite)
    expect(says(p => predicate(p).not().not())).toEqual(says(predicate))
  })
  test('every(p) is none(not p)', () => {
    expect(says(p => p.comments.every(c => c.stars.gt(1)))).toEqual(
      says(p => p.comments.none(c => c.stars.lte(1))),
    )
  })
})
