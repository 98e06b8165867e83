import { COUNTS, userId } from './data.ts'

/** One question in both schemas' words. The answers are equal: PostGraphile's names are aliased to ours. */
export interface Question {
  readonly name: string
  readonly ours: string
  readonly reference: string
  /** One request each; all of them in turns. */
  readonly variables: readonly { readonly [name: string]: string }[]
  /** Times PostGraphile's requests per second. */
  readonly goal: number | null
}

export const questions: readonly Question[] = [
  {
    name: 'nested, 72 kB: 20 users, 10 posts each, 5 comments each, their authors',
    ours: `{
      users(first: 20) { nodes { id name
        posts(first: 10) { nodes { title
          comments(first: 5) { nodes { text author { name } } } } } } }
    }`,
    reference: `{
      users: allUsers(first: 20) { nodes { id: rowId name
        posts: postsByAuthorId(first: 10) { nodes { title
          comments: commentsByPostId(first: 5) { nodes { text author: userByAuthorId { name } } } } } } }
    }`,
    variables: [{}],
    goal: 1.2,
  },
  {
    name: 'nested, 13 kB: 20 posts, author, 5 comments with authors',
    ours: `{
      posts(first: 20) { nodes { id title author { id name }
        comments(first: 5) { nodes { text author { id name } } } } }
    }`,
    reference: `{
      posts: allPosts(first: 20) { nodes { id: rowId title author: userByAuthorId { id: rowId name }
        comments: commentsByPostId(first: 5) { nodes { text author: userByAuthorId { id: rowId name } } } } }
    }`,
    variables: [{}],
    goal: 1.2,
  },
  {
    name: 'single lookup',
    ours: 'query ($id: ID!) { user(id: $id) { id name email } }',
    reference: 'query ($id: String!) { user: userByRowId(rowId: $id) { id: rowId name email } }',
    variables: Array.from({ length: 1_000 }, (_, n) => ({ id: userId((n * 7_919) % COUNTS.User) })),
    goal: null,
  },
]
