import { encodeBytes } from '@zg/core/base64url'
import { editor } from '@zg/core/ports/text.suite'
import { entity, f, model } from '@zg/schema-builder'
import type { Database } from '@zg/store/session'
import { openStore, type Store } from '@zg/store/store'
import { parse, printSchema, validate } from 'graphql'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { Api } from './api.ts'
import { storeApi } from './store-api.ts'

const Post = entity({
  id: f.id(),
  slug: f.string().optional().unique(),
  title: f.string().default('Untitled'),
  body: f.text(),
  motto: f
    .text()
    .check(z.string().max(20, 'twenty letters at most'))
    .check(z.string().regex(/^[A-Z]/, 'starts with a capital')),
  comments: f.many('Comment', 'post'),
})
const Comment = entity({ id: f.id(), post: f.one('Post').onDelete('cascade'), text: f.text() })
const blog = model({ open: true, entities: { Post, Comment } }).define()

// What a test expects of an answer is its own matter.
type Answer = any

const POST = 'id title body bodyState'
const RESULT = `... on PostPayload { cursor post { ${POST} } } ... on Problem { __typename code path message }`

/** Texts from GraphQL to the database and back, for two gateways on one database where it can be shared. */
export function graphqlTextSuite(name: string, open: () => Promise<Database>, shared: boolean): void {
  describe(`${name}: texts over GraphQL`, () => {
    let databases: Database[]
    let stores: Store[]
    let apis: readonly Api[]
    beforeAll(async () => {
      databases = shared ? [await open(), await open()] : [await open()]
      stores = []
      for (const database of databases) stores.push(await openStore(database, blog.ir, blog))
      apis = stores.map(store => storeApi(store))
    })
    afterAll(async () => {
      for (const store of stores) await store.close()
      for (const database of databases) await database.close()
    })
    const storeOf = (client: number) => stores[client % stores.length] as Store
    const apiOf = (client: number) => apis[client % apis.length] as Api
    const ask = async (client: number, text: string, variables: object = {}): Promise<Answer> => {
      const result = await apiOf(client).execute({
        document: parse(text),
        variableValues: { ...variables },
        signal: AbortSignal.timeout(10_000),
      })
      if (result.errors) throw result.errors[0]
      return result.data
    }
    const create = async (input: object) => {
      const text = `mutation ($input: CreatePostInput!) { createPost(input: $input) { ${RESULT} } }`
      return (await ask(0, text, { input })).createPost
    }
    const update = async (client: number, id: string, body: object, mutationId?: string) => {
      const text = `mutation ($id: ID!, $input: UpdatePostInput!, $mutationId: String) {
        updatePost(id: $id, input: $input, mutationId: $mutationId) { ${RESULT} }
      }`
      return (await ask(client, text, { id, input: { body }, mutationId })).updatePost
    }
    const bodyOf = async (id: string) =>
      (await ask(1, `query ($id: ID!) { post(id: $id) { body } }`, { id })).post.body

    test('the schema says how texts are read and edited', () => {
      const { schema } = apiOf(0)
      expect(printSchema(schema)).toContain('body: String!')
      for (const wrong of [
        '{ posts(orderBy: { body: ASC }) { nodes { id } } }',
        'subscription { postChanges(where: { body: { contains: "x" } }) { cursor } }',
        'mutation { updatePost(id: "post_1", input: { body: "x" }) { __typename } }',
        'mutation { updatePost(id: "post_1", input: { body: {} }) { __typename } }',
        'mutation { updatePost(id: "post_1", input: { body: { replace: { value: "x" }, update: "AA" } }) { __typename } }',
      ])
        expect(validate(schema, parse(wrong)), wrong).not.toEqual([])
    })

    test('a text is created, replaced, and read in rows, lists and relations', async () => {
      const { post } = await create({ title: 'T', body: { replace: { value: 'One.' } } })
      expect(post).toMatchObject({ title: 'T', body: 'One.' })
      expect((await create({})).post).toMatchObject({ body: '', bodyState: 'AAA' })
      expect((await update(0, post.id, { replace: { value: 'One, two.' } })).post.body).toBe('One, two.')
      const comment = 'mutation ($input: CreateCommentInput!) { createComment(input: $input) { __typename } }'
      for (const value of ['first', 'second'])
        await ask(0, comment, { input: { post: { connect: post.id }, text: { replace: { value } } } })
      const answer = await ask(
        1,
        `query ($id: ID!) { post(id: $id) { body comments { nodes { text post { body } } } } }`,
        {
          id: post.id,
        },
      )
      expect(answer.post.body).toBe('One, two.')
      expect(answer.post.comments.nodes.map(({ text }: Answer) => text).sort()).toEqual(['first', 'second'])
      expect(answer.post.comments.nodes[0].post.body).toBe('One, two.')
    })

    test('two clients replace from one base, and neither loses his edit', async () => {
      const { post, cursor: base } = await create({ body: { replace: { value: 'The cat sat on the mat.' } } })
      const replace = (client: number, value: string) => update(client, post.id, { replace: { value, base } })
      await Promise.all([
        replace(0, 'The black cat sat on the mat.'),
        replace(1, 'The cat sat on the mat, purring.'),
      ])
      expect(await bodyOf(post.id)).toBe('The black cat sat on the mat, purring.')
      // However late it comes.
      await replace(1, 'The cat sat on the red mat.')
      expect(await bodyOf(post.id)).toBe('The black cat sat on the red mat, purring.')
    })

    test('two editors type at once, beside somebody who replaces', async () => {
      const { post, cursor: base } = await create({ body: { replace: { value: 'Once upon a time.' } } })
      const [ann, bob] = [editor(1, post.bodyState), editor(2, post.bodyState)]
      const typed = [
        ann.type(text => text.insert(0, 'Well: ')),
        bob.type(text => text.insert(17, ' The end.')),
      ]
      await Promise.all([
        ...typed.map((act, i) => update(i, post.id, { update: act.kind === 'text' ? act.update : '' })),
        update(0, post.id, { replace: { value: 'Once upon a night.', base } }),
      ])
      expect(await bodyOf(post.id)).toBe('Well: Once upon a night. The end.')
    })

    test('an upsert edits the text of the row it finds', async () => {
      const upsert = (value: string, slug: string) =>
        ask(
          0,
          `mutation ($key: PostKey!, $create: CreatePostInput!, $update: UpdatePostInput) {
            upsertPost(key: $key, create: $create, update: $update) { ${RESULT} }
          }`,
          {
            key: { slug },
            create: { body: { replace: { value: 'created' } } },
            update: { body: { replace: { value } } },
          },
        ).then(({ upsertPost }) => upsertPost)
      const { post } = await upsert('-', 'upserted')
      expect(post.body).toBe('created')
      expect((await upsert('created, then edited', 'upserted')).post).toMatchObject({
        id: post.id,
        body: 'created, then edited',
      })
    })

    test('a retry of a replacement is the same mutation', async () => {
      const { post } = await create({ body: { replace: { value: 'one' } } })
      const again = () => update(0, post.id, { replace: { value: 'one two' } }, `retry-${post.id}`)
      const first = await again()
      await update(0, post.id, { replace: { value: 'one two three' } })
      expect(await again()).toMatchObject({ cursor: first.cursor, post: { body: 'one two three' } })
    })

    test('what is no good is a problem at its place', async () => {
      const { post } = await create({ body: { replace: { value: 'fine' } } })
      const at = (...path: string[]) => ['input', 'body', ...path]
      expect(await update(0, post.id, { update: 'AQID' })).toMatchObject({
        __typename: 'ValidationProblem',
        code: 'BAD_TEXT_UPDATE',
        path: at('update'),
      })
      expect(await update(0, post.id, { replace: { value: 'x'.repeat(300_000) } })).toMatchObject({
        code: 'TOO_LARGE',
        path: at('replace', 'value'),
      })
      await expect(update(0, post.id, { replace: { value: 'x', base: 'nonsense' } })).rejects.toThrow(
        /cursor/,
      )
      await expect(update(0, post.id, { update: 'A'.repeat(400_000) })).rejects.toThrow(/Bytes/)
      expect(await bodyOf(post.id)).toBe('fine')
    })

    test('a checked text is judged as it would read, whichever way it is edited', async () => {
      const invalid = (message: string, ...path: string[]) => ({ code: 'INVALID', message, path })
      const long = 'twenty letters at most'
      const replaced = { replace: { value: 'lower' } }
      expect(await create({ motto: replaced })).toMatchObject(
        invalid('starts with a capital', 'input', 'motto', 'replace', 'value'),
      )
      const bulk = `mutation ($inputs: [CreatePostInput!]!) { createPosts(inputs: $inputs) { ... on Problem { code path } } }`
      expect((await ask(0, bulk, { inputs: [{}, { motto: replaced }] })).createPosts).toMatchObject({
        path: ['inputs', '1', 'motto', 'replace', 'value'],
      })

      // A text that nobody has written is not looked at.
      const { post } = await create({
        motto: { replace: { value: 'Be brief' } },
        slug: `checked-${Date.now()}`,
      })
      expect((await create({})).post).toMatchObject({ body: '' })
      const edit = async (motto: object, more: object = {}) => {
        const text = `mutation ($id: ID!, $input: UpdatePostInput!) {
          updatePost(id: $id, input: $input) { ... on PostPayload { post { title motto mottoState } } ... on Problem { code message path } }
        }`
        return (await ask(1, text, { id: post.id, input: { motto, ...more } })).updatePost
      }
      const { mottoState } = (await edit({ replace: { value: 'Be brief!' } })).post
      const ann = editor(21, mottoState)
      const typed = (work: Parameters<typeof ann.type>[0]) => {
        const act = ann.type(work)
        return { update: act.kind === 'text' ? act.update : '' }
      }
      const fine = typed(text => text.insert(9, ' And kind.'))
      expect((await edit(fine)).post.motto).toBe('Be brief! And kind.')
      // Each edit alone is short.
      const tooMuch = typed(text => text.insert(19, ' !'))
      expect(await edit(tooMuch, { title: 'never' })).toMatchObject(invalid(long, 'input', 'motto', 'update'))
      expect(await edit({ replace: { value: 'Be brief! And kind. Always.' } })).toMatchObject(
        invalid(long, 'input', 'motto', 'replace', 'value'),
      )
      const { post: last } = await edit({ replace: { value: 'Be kind' } })
      expect(last).toMatchObject({ title: 'Untitled', motto: 'Be kind' })

      const upsert = `mutation ($key: PostKey!, $motto: TextInput!) {
        upsertPost(key: $key, create: {}, update: { motto: $motto }) { ... on Problem { code path } }
      }`
      const [slug] = [
        (await ask(0, `query ($id: ID!) { post(id: $id) { slug } }`, { id: post.id })).post.slug,
      ]
      const bob = editor(22, last.mottoState)
      const act = bob.type(text => text.insert(0, 'so '))
      const motto = { update: act.kind === 'text' ? act.update : '' }
      expect((await ask(0, upsert, { key: { slug }, motto })).upsertPost).toMatchObject({
        code: 'INVALID',
        path: ['update', 'motto', 'update'],
      })
    })

    test('a feed sends each text as it was, and its state', async () => {
      const { post, cursor } = await create({ body: { replace: { value: 'one' } } })
      const later = (await update(0, post.id, { replace: { value: 'one two' } })).cursor
      const end = new AbortController()
      const stream = await apiOf(1).subscribe({
        document: parse(`subscription ($since: Cursor) {
          postChanges(since: $since) { cursor events { kind post { body bodyState } } }
        }`),
        variableValues: { since: cursor },
        signal: end.signal,
      })
      if (!(Symbol.asyncIterator in stream)) throw new Error(JSON.stringify(stream))
      for await (const { data, errors } of stream) {
        expect(errors).toBeUndefined()
        const { cursor: reached, events } = (data as Answer).postChanges
        if (reached !== later) continue
        expect(events).toMatchObject([{ kind: 'UPSERT', post: { body: 'one two' } }])
        expect(editor(9, events[0].post.bodyState).text()).toBe('one two')
        break
      }
      end.abort()
    })

    test('a live list that filters on a text looks again once it is folded', async () => {
      const word = `needle${name.length}${Date.now()}`
      const { post } = await create({ body: { replace: { value: 'hay' } } })
      await storeOf(0).settled()
      const end = new AbortController()
      const stream = await apiOf(1).subscribe({
        document: parse(
          `subscription ($word: String!) { posts(where: { body: { contains: $word } }) { nodes { id body } } }`,
        ),
        variableValues: { word },
        signal: end.signal,
      })
      if (!(Symbol.asyncIterator in stream)) throw new Error(JSON.stringify(stream))
      const seen: Answer[] = []
      for await (const { data } of stream) {
        seen.push((data as Answer).posts.nodes)
        if (seen.length === 1) await update(0, post.id, { replace: { value: `hay and a ${word}` } })
        else break
      }
      end.abort()
      expect(seen).toEqual([[], [{ id: post.id, body: `hay and a ${word}` }]])
    })

    test('200 mutated updates are refused or harmless, and the gateway goes on', async () => {
      const { post } = await create({ body: { replace: { value: 'The cat sat on the mat 🎬.' } } })
      const act = editor(1, post.bodyState).type(text => text.insert(3, ' big'))
      const good = Buffer.from(act.kind === 'text' ? act.update : '', 'base64url')
      let seed = 7
      const next = (limit: number) => {
        seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31
        return seed % limit
      }
      const codes = new Set<string>()
      for (let i = 0; i < 200; i++) {
        const bytes = Uint8Array.from(good)
        for (let n = 0; n <= i % 3; n++) bytes[next(bytes.length)] = next(256)
        const began = performance.now()
        const answer = await update(i, post.id, { update: encodeBytes(bytes) })
        codes.add(answer.code ?? 'applied')
        expect(performance.now() - began).toBeLessThan(2_000)
      }
      expect([...codes].sort()).toEqual(['BAD_TEXT_UPDATE', 'applied'])
      const { post: last } = await update(0, post.id, { replace: { value: 'over' } })
      expect(last.body).toBe('over')
      await storeOf(0).settled()
      expect(await bodyOf(post.id)).toBe('over')
    })
  })
}
