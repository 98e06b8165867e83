import type { Act } from '@zg/core/act/act'
import { randomId } from '@zg/core/change/id'

export const COUNTS = { User: 10_000, Post: 100_000, Comment: 300_000 } as const

/** Changes with what `acts` makes and with the store's tables, so that cached data of an older kind is not used. */
export const DATA_VERSION = 3

const POSTS_EACH = COUNTS.Post / COUNTS.User
/** The posts of the first half of the users have five comments each, the others one: 300,000 in all. */
const BUSY = { posts: COUNTS.Post / 2, comments: 5 }
const EPOCH = Date.UTC(2026, 0, 1)

/** Everything, in an order in which nothing refers to what comes later. Always the same. */
export function* acts(): Generator<Act> {
  for (let n = 0; n < COUNTS.User; n++) {
    yield create('User', userId(n), { name: `User ${digits(n)}`, email: `user.${digits(n)}@example.org` })
  }
  for (let n = 0; n < COUNTS.Post; n++) {
    const author = userId(Math.floor(n / POSTS_EACH))
    yield create('Post', postId(n), { title: `Post ${digits(n)}`, body: SENTENCE.repeat(8), author })
  }
  for (let n = 0; n < COUNTS.Comment; n++) {
    const busy = BUSY.posts * BUSY.comments
    const post = n < busy ? Math.floor(n / BUSY.comments) : BUSY.posts + (n - busy)
    // Spread over all users: the authors of one post's comments have nothing in common.
    const author = userId((n * 7_919) % COUNTS.User)
    yield create('Comment', commentId(n), { text: `Comment ${digits(n)} ok`, post: postId(post), author })
  }
}

const SENTENCE = 'A sentence that most queries do not ask for. '

function create(entity: string, id: string, values: { readonly [field: string]: string }): Act {
  const fields = Object.entries(values).map(([name, value]) => [name, { kind: 'set', value }] as const)
  return { kind: 'create', entity, id, fields: Object.fromEntries(fields) }
}

export const userId = (n: number) => id('user', n)
const postId = (n: number) => id('post', n)
const commentId = (n: number) => id('comment', n)

/** In the order of n, and otherwise as random as real ids look. */
function id(prefix: string, n: number): string {
  let state = (n + 1) * 0x9e3779b1
  const random = (bytes: number) =>
    Uint8Array.from({ length: bytes }, () => {
      state = Math.imul(state ^ (state >>> 15), 0x85ebca6b) >>> 0
      return state >>> 24
    })
  return randomId(prefix, EPOCH + n * 1_000, random)
}

function digits(n: number): string {
  return String(n).padStart(6, '0')
}
