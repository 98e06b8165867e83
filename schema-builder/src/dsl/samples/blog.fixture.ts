import { z } from 'zod'
import { entity, f, model } from '../../index.ts'

const User = entity({
  id: f.id(),
  handle: f
    .string()
    .unique({ onViolation: 'repair' })
    .check(z.string().regex(/^[a-z0-9-]{3,30}$/)),
  posts: f.many('Post', 'author'),
  follows: f.manyToMany('User'),
})

const Post = entity(
  {
    id: f.id(),
    author: f.one('User').onDelete('cascade'),
    title: f.string().default('Untitled'),
    slug: f.string().unique({ onViolation: 'repair' }),
    body: f.text(),
    likes: f.counter(),
    tags: f.manyToMany('Tag'),
    meta: f.json(z.object({ cover: z.string().optional() })),
    comments: f.many('Comment', 'post'),
    status: f.state({ draft: { publish: 'live' }, live: { retract: 'draft' } }),
  },
  { index: [['author', 'status'], { on: ['title'], kind: 'fulltext' }] },
)

const Tag = entity({ id: f.id(), name: f.string().unique({ onViolation: 'repair' }) })

const Comment = entity({
  id: f.id(),
  post: f.one('Post').onDelete('cascade'),
  by: f.one('User').onDelete('setNull').optional(),
  text: f.text(),
})

const blog = model({ claims: z.object({}), entities: { User, Post, Tag, Comment } })

export default blog.define({
  User: { policy: { read: () => true, update: (u, a) => u.id.eq(a.id) } },
  Post: {
    policy: {
      read: (p, a) => p.status.eq('live').or(p.author.eq(a.id)),
      create: (p, a) => p.author.eq(a.id),
      update: (p, a) => p.author.eq(a.id),
    },
    transitions: { publish: { allow: (p, a) => p.author.eq(a.id), lane: 'guarded', effect: 'feed.fanout' } },
  },
  Tag: { policy: { read: () => true, create: () => true } },
  Comment: {
    policy: { read: c => c.post.can('read'), create: (c, a) => c.by.eq(a.id).and(c.post.can('read')) },
  },
})
