import { entity, f, model } from '@zg/schema-builder'

const User = entity({
  id: f.id(),
  name: f.string(),
  email: f.string(),
  posts: f.many('Post', 'author'),
  comments: f.many('Comment', 'author'),
})

const Post = entity({
  id: f.id(),
  title: f.string(),
  body: f.string(),
  author: f.one('User'),
  comments: f.many('Comment', 'post'),
})

const Comment = entity({
  id: f.id(),
  text: f.string(),
  post: f.one('Post').onDelete('cascade'),
  author: f.one('User'),
})

/** What `reads` reads: users with posts with comments. */
export const { ir } = model({ open: true, entities: { User, Post, Comment } }).define()
