import { encodeCursor } from '@zg/core/ports/cursor'
import { describe, expect, test } from 'vitest'
import { type Answer, clientOf, type Gateways, PROBLEM, word } from './club.suite.ts'

/** What a writing client of the generated API may rely on, on every store. */
export function writesSuite(name: string, gateways: () => Gateways): void {
  const { ask, write, at, film } = clientOf(gateways)

  describe(`${name}: nested writes`, () => {
    test('one mutation makes a row and what it refers to, on every kind of relation', async () => {
      const tag = word('tag')
      const there = (await write(`createTag(input: { name: "${word('tag')}" })`)).id
      const made = await write(
        `createFilm(input: {
          title: "x"
          director: { create: { name: "Scott", mentor: { create: { name: "Mentor" } } } }
          addTags: [{ connect: "${there}" }, { create: { name: "${tag}" } }]
          addReviews: [{ create: { text: "a" } }, { create: { text: "b" } }]
        })`,
        'film { director { name mentor { name } } tags(orderBy: [{ id: ASC }]) { nodes { id name } } reviews(orderBy: [{ text: ASC }]) { nodes { text film { title } } } }',
      )
      expect(made).toMatchObject({
        film: {
          director: { name: 'Scott', mentor: { name: 'Mentor' } },
          reviews: {
            nodes: [
              { text: 'a', film: { title: 'x' } },
              { text: 'b', film: { title: 'x' } },
            ],
          },
        },
      })
      expect(made.film.tags.nodes.map((node: Answer) => node.name)).toContain(tag)
      expect(made.film.tags.nodes.map((node: Answer) => node.id)).toContain(there)
      const change = `updateFilm(id: "${made.id}", input: {
        director: { create: { name: "Other" } }, addReviews: [{ create: { text: "c" } }], removeTags: ["${there}"]
      })`
      expect(
        await write(
          change,
          'film { director { name } tags { nodes { name } } reviews(orderBy: [{ text: ASC }]) { nodes { text } } }',
        ),
      ).toMatchObject({
        film: {
          director: { name: 'Other' },
          tags: { nodes: [{ name: tag }] },
          reviews: { nodes: [{ text: 'a' }, { text: 'b' }, { text: 'c' }] },
        },
      })
    })

    test('a one-to-one is made, given, moved and cleared from its other end', async () => {
      const code = word('code')
      const shown = 'person { name ticket { code holder { name } } }'
      const person = (name: string, ticket: string) =>
        write(`createPerson(input: { name: "${name}", ticket: ${ticket} })`, shown)
      const ann = await person('Ann', `{ create: { code: "${code}" } }`)
      expect(ann.person).toEqual({ name: 'Ann', ticket: { code, holder: { name: 'Ann' } } })
      const ticket = (await ask(`{ ticketBy(key: { code: "${code}" }) { id } }`)).ticketBy.id
      // Moved, as setting its holder would.
      const bob = await person('Bob', `{ connect: "${ticket}" }`)
      expect(bob.person.ticket).toEqual({ code, holder: { name: 'Bob' } })
      const update = (id: string, input: string) =>
        write(`updatePerson(id: "${id}", input: { ticket: ${input} })`, shown)
      expect((await update(bob.id, 'null')).person).toEqual({ name: 'Bob', ticket: null })
      expect((await update(bob.id, 'null')).verdict).toEqual({ status: 'APPLIED' })
      expect((await ask(`{ ticket(id: "${ticket}") { holder { id } } }`)).ticket).toEqual({ holder: null })
      expect((await update(ann.id, `{ connect: "${ticket}" }`)).person.ticket).toMatchObject({ code })
      expect((await update(bob.id, '{ create: {} }')).person.ticket).toMatchObject({ code: null })
      // Bulk: two swap theirs, since the end of the mutation decides.
      const own = (await ask(`{ person(id: "${bob.id}") { ticket { id } } }`)).person.ticket.id
      const swap = `updatePeople(inputs: [{ id: "${ann.id}", ticket: { connect: "${own}" } },
        { id: "${bob.id}", ticket: { connect: "${ticket}" } }])`
      expect((await write(swap, 'people { ticket { code } }')).people).toEqual([
        { ticket: { code: null } },
        { ticket: { code } },
      ])
    })

    test('who is there keeps a one-to-one; problems lead to the member', async () => {
      const shown = 'film { poster { url } }'
      const made = await write(
        'createFilm(input: { title: "x", poster: { create: { url: "first" } } })',
        shown,
      )
      expect(made.film.poster).toEqual({ url: 'first' })
      const loose = (await write('createTicket(input: {})')).id
      const poster = (input: string, id = made.id) =>
        write(`updateFilm(id: "${id}", input: { poster: ${input} })`)
      const taken = { __typename: 'ConflictProblem', code: 'UNIQUE_TAKEN' }
      expect(await poster('{ create: { url: "second" } }')).toMatchObject({
        ...taken,
        path: ['input', 'poster', 'create'],
      })
      const other = await film('poster: { create: { url: "other" } }')
      const id = (await ask(`{ film(id: "${other}") { poster { id } } }`)).film.poster.id
      const path = ['input', 'poster', 'connect']
      expect(await poster(`{ connect: "${id}" }`)).toMatchObject({ ...taken, path })
      expect(await poster('{ connect: "poster_nobody" }')).toMatchObject({ code: 'REF_MISSING', path })
      expect(await poster(`{ connect: "${loose}" }`)).toMatchObject({ code: 'BAD_ID', path })
      expect(await poster('null')).toMatchObject({ code: 'REQUIRED', path: ['input', 'poster'] })
      // Given up and taken within one mutation; a new row takes it, too.
      const moved = `createFilms(inputs: [{ title: "y", poster: { connect: "${id}" } }, { title: "z" }])`
      expect(await write(moved, 'films { poster { url } }')).toMatchObject({
        films: [{ poster: { url: 'other' } }, { poster: null }],
      })
      expect(await write(`deletePoster(id: "${id}")`)).toMatchObject({ verdict: { status: 'APPLIED' } })
      expect(await poster(`{ connect: "${id}" }`)).toMatchObject({ code: 'REF_GONE', path })
      const twice = `createFilms(inputs: [{ title: "a" }, { title: "b", poster: { connect: "${id}" } }])`
      expect(await write(twice)).toMatchObject({ path: ['inputs', '1', 'poster', 'connect'] })
    })

    test('of many who fill a one-to-one at once, here and at another gateway, one does', async () => {
      const { here, there } = gateways()
      const owner = (await write(`createPerson(input: { name: "${word('p')}" })`)).id
      const loose = await Promise.all([1, 2, 3].map(async () => (await write('createTicket(input: {})')).id))
      const ways = [
        ...loose.map(id => `updatePerson(id: "${owner}", input: { ticket: { connect: "${id}" } })`),
        ...loose.map(id => `updateTicket(id: "${id}", input: { holder: { connect: "${owner}" } })`),
        ...loose.map(() => `updatePerson(id: "${owner}", input: { ticket: { create: {} } })`),
      ]
      const answers = await Promise.all(ways.map((way, i) => at(i % 2 ? here : there, way, '')))
      const who = (await ask(`{ person(id: "${owner}") { ticket { id } } }`)).person.ticket.id
      const refused = answers.filter(({ code }) => code === 'UNIQUE_TAKEN')
      // The same ticket may come to the same holder by both of its ends.
      const applied = answers.length - refused.length
      expect(applied).toBe(loose.includes(who) ? 2 : 1)
      expect(refused.every(({ __typename }) => __typename === 'ConflictProblem')).toBe(true)
      const held = `{ tickets(where: { holder: { id: { eq: "${owner}" } } }) { totalCount } }`
      expect((await ask(held)).tickets.totalCount).toBe(1)
    })

    test('an explicit base keeps what it has not seen', async () => {
      const { id, cursor } = await write(`createPerson(input: { name: "${word('p')}" })`)
      await write(`updatePerson(id: "${id}", input: { ticket: { create: {} } })`)
      const clear = (base: string) =>
        write(`updatePerson(id: "${id}", ${base} input: { ticket: null })`, 'person { ticket { code } }')
      expect((await clear(`base: "${cursor}",`)).person).toEqual({ ticket: { code: null } })
      expect((await clear('')).person).toEqual({ ticket: null })
    })

    test('what is wrong deep inside is refused at its path, and nothing is written', async () => {
      const tag = word('tag')
      await write(`createTag(input: { name: "${tag}" })`)
      const director = word('Nobody')
      const bad = `createFilm(input: {
        title: "x", director: { create: { name: "${director}" } },
        addTags: [{ create: { name: "${word('fine')}" } }, { create: { name: "${tag}" } }]
      })`
      expect(await write(bad)).toMatchObject({
        code: 'UNIQUE_TAKEN',
        path: ['input', 'addTags', '1', 'create', 'name'],
      })
      const people = `{ people(where: { name: { eq: "${director}" } }) { nodes { id } } }`
      expect((await ask(people)).people.nodes).toEqual([])
      const deep = `createOrg(input: { name: "${word('o')}", addMembers: [
        { create: { userId: "a", badge: "1" } }, { create: { userId: "b", badge: "1" } }] })`
      expect(await write(deep)).toMatchObject({ path: ['input', 'addMembers', '1', 'create', 'badge'] })
    })

    test('creations nest ten deep', async () => {
      const nested = (depth: number): string =>
        depth ? `{ create: { name: "n", mentor: ${nested(depth - 1)} } }` : '{ create: { name: "n" } }'
      const of = (depth: number) => write(`createFilm(input: { title: "x", director: ${nested(depth)} })`)
      expect(await of(9)).toMatchObject({ verdict: { status: 'APPLIED' } })
      expect(await of(10)).toMatchObject({ __typename: 'ValidationProblem', code: 'TOO_DEEP' })
    })
  })

  describe(`${name}: a base`, () => {
    const told = 'verdict { status superseded { id } }'

    test('removals and deletes leave alone what came since, unless forced', async () => {
      const seen = await write(
        `createFilm(input: { title: "x", addTags: [{ create: { name: "${word('tag')}" } }] })`,
      )
      const { id, cursor } = seen
      const late = await write(`createTag(input: { name: "${word('tag')}" })`)
      await write(
        `updateFilm(id: "${id}", input: { addTags: [{ connect: "${late.id}" }], addReviews: [{ create: { text: "late" } }] })`,
      )
      const cut = (base: string) => `updateFilm(id: "${id}", ${base} input: { removeTags: ["${late.id}"] })`
      const tags = 'film { tags { nodes { id } } }'
      expect((await write(cut(`base: "${cursor}",`), tags)).film.tags.nodes).toHaveLength(2)
      expect((await write(cut(''), tags)).film.tags.nodes).toHaveLength(1)
      const refused = { __typename: 'ConflictProblem', code: 'UNSEEN_ROWS' }
      expect(await write(`deleteFilm(id: "${id}", base: "${cursor}")`)).toMatchObject({
        ...refused,
        path: ['id'],
      })
      const many = `deleteFilms(ids: ["${id}"], base: "${cursor}"`
      expect(await write(`${many})`)).toMatchObject({ ...refused, path: ['ids', '0'] })
      expect(await write(`${many}, force: true)`, told)).toMatchObject({
        verdict: { status: 'APPLIED', superseded: [] },
      })
    })

    test('one of nowhere is refused, and the mutation id stays free', async () => {
      const id = await film()
      const like = (more: string) =>
        write(`updateFilm(id: "${id}", ${more} input: { likes: { increment: 1 } })`)
      const mutationId = `mutationId: "${word('m')}",`
      const bad = { __typename: 'ValidationProblem', code: 'BAD_CURSOR', path: ['base'] }
      expect(await like(`base: "p1.x", ${mutationId}`)).toMatchObject(bad)
      const elsewhere = encodeCursor({ log: 'another', seqs: { main: 0 } })
      expect(await like(`base: "${elsewhere}", ${mutationId}`)).toMatchObject(bad)
      expect(await like(mutationId)).toMatchObject({ verdict: { status: 'APPLIED' } })
    })
  })

  describe(`${name}: bulk`, () => {
    test('creates, updates and deletes in the order of the arguments', async () => {
      const made = await write('createFilms(inputs: [{ title: "a" }, { title: "b" }])', 'films { id title }')
      expect(made.films.map((row: Answer) => row.title)).toEqual(['a', 'b'])
      expect(made.films.map((row: Answer) => row.id)).toEqual(made.ids)
      const [a, b] = made.ids
      const changed = `updateFilms(inputs: [{ id: "${b}", title: "B" }, { id: "${a}", likes: { increment: 2 } }])`
      expect(await write(changed, 'films { title likes }')).toMatchObject({
        ids: [b, a],
        films: [
          { title: 'B', likes: '0' },
          { title: 'a', likes: '2' },
        ],
      })
      const gone = await write(`deleteFilms(ids: ["${a}", "${b}", "${a}"])`, 'films { id }')
      expect(gone).toMatchObject({ ids: [a, b], films: [], verdict: { status: 'APPLIED' } })
      expect(await write('createFilms(inputs: [])', 'films { id }')).toMatchObject({ ids: [], films: [] })
    })

    test('all or nothing, each problem at its row', async () => {
      const title = word('all')
      const id = await film()
      const bad = `createFilms(inputs: [{ title: "${title}" }, { title: "${title}", director: { connect: "person_x" } }])`
      expect(await write(bad)).toMatchObject({
        code: 'REF_MISSING',
        path: ['inputs', '1', 'director', 'connect'],
      })
      expect(
        (await ask(`{ films(where: { title: { eq: "${title}" } }) { nodes { id } } }`)).films.nodes,
      ).toEqual([])
      const update = `updateFilms(inputs: [{ id: "${id}", title: "y" }, { id: "film_nobody", title: "y" }])`
      expect(await write(update)).toMatchObject({ code: 'NOT_FOUND', path: ['inputs', '1', 'id'] })
      const gone = `deleteFilms(ids: ["${id}", "person_x", "film_nobody"])`
      expect(await write(gone)).toMatchObject({ code: 'BAD_ID', path: ['ids', '1'] })
      const nul = await ask(
        `mutation ($inputs: [CreateFilmInput!]!) { it: createFilms(inputs: $inputs) { ${PROBLEM} } }`,
        { inputs: [{ title: 'a' }, { title: 'a' }, { title: 'a' }, { title: 'a\0' }] },
      )
      expect(nul.it).toMatchObject({ code: 'BAD_VALUE', path: ['inputs', '3', 'title'] })
    })

    test('a thousand rows are one mutation, one more is refused', async () => {
      const mutation = `mutation ($inputs: [CreateReviewInput!]!) {
        it: createReviews(inputs: $inputs) { ${PROBLEM} ... on ReviewsPayload { ids } } }`
      const id = await film()
      const review = { text: 'x', film: { connect: id } }
      const some = await ask(mutation, { inputs: Array(1_000).fill(review) })
      expect(new Set(some.it.ids).size).toBe(1_000)
      const more = await ask(mutation, { inputs: Array(1_001).fill(review) })
      expect(more.it).toMatchObject({ __typename: 'ValidationProblem', code: 'TOO_LARGE', path: ['inputs'] })
    })
  })

  describe(`${name}: mutation ids`, () => {
    test.each<[string, (key: string, id: string) => string, (key: string, id: string) => string]>([
      ['create', k => `createFilm(input: { title: "${k}" }`, k => `createFilm(input: { title: "${k}!" }`],
      [
        'update',
        (_, id) => `updateFilm(id: "${id}", input: { likes: { increment: 1 } }`,
        (_, id) => `updateFilm(id: "${id}", input: { likes: { increment: 2 } }`,
      ],
      ['delete', (_, id) => `deleteFilm(id: "${id}"`, k => `deleteFilm(id: "film_${k}"`],
      [
        'upsert',
        k => `upsertFilm(key: { slug: "${k}" }, create: { title: "x" }, update: { likes: { increment: 1 } }`,
        k => `upsertFilm(key: { slug: "${k}!" }, create: { title: "x" }, update: { likes: { increment: 1 } }`,
      ],
      [
        'createMany',
        k => `createFilms(inputs: [{ title: "${k}" }, { title: "b" }]`,
        k => `createFilms(inputs: [{ title: "b" }, { title: "${k}" }]`,
      ],
      [
        'updateMany',
        (_, id) => `updateFilms(inputs: [{ id: "${id}", likes: { increment: 1 } }]`,
        (_, id) => `updateFilms(inputs: [{ id: "${id}", title: "other" }]`,
      ],
      ['deleteMany', (_, id) => `deleteFilms(ids: ["${id}"]`, k => `deleteFilms(ids: ["film_${k}"]`],
      [
        'nested',
        k =>
          `createFilm(input: { title: "x", director: { create: { name: "${k}" } }, addReviews: [{ create: { text: "r" } }] }`,
        k => `createFilm(input: { title: "x", director: { create: { name: "${k}" } }, addReviews: [] }`,
      ],
    ])(
      '%s: sent again it is answered again and done once; another body is refused',
      async (_, same, other) => {
        const id = await film()
        const [key, mutationId] = [word('key'), word('mutation')]
        const send = (field: string) => write(`${field}, mutationId: "${mutationId}")`)
        const first = await send(same(key, id))
        expect(first.verdict).toEqual({ status: 'APPLIED' })
        expect(await Promise.all([send(same(key, id)), send(same(key, id))])).toEqual([first, first])
        expect(await send(other(key, id))).toMatchObject({
          __typename: 'ConflictProblem',
          code: 'ID_REUSED',
          path: ['mutationId'],
        })
        const made = `{ people(where: { name: { eq: "${key}" } }) { nodes { id } }
        films(where: { title: { eq: "${key}" } }) { nodes { id } } film(id: "${id}") { likes } filmBy(key: { slug: "${key}" }) { likes } }`
        const { people, films, film: row, filmBy } = await ask(made)
        expect(people.nodes.length).toBeLessThanOrEqual(1)
        expect(films.nodes.length).toBeLessThanOrEqual(1)
        expect(Number(row?.likes ?? 0)).toBeLessThanOrEqual(1)
        if (filmBy) expect(filmBy.likes).toBe('0')
      },
    )

    test('a refusal is remembered', async () => {
      const slug = word('r')
      const id = await film(`slug: "${slug}"`)
      const again = () => write(`createFilm(input: { title: "x", slug: "${slug}" }, mutationId: "${slug}")`)
      const refused = await again()
      await write(`deleteFilm(id: "${id}")`)
      expect(refused).toMatchObject({ code: 'UNIQUE_TAKEN' })
      expect(await again()).toEqual(refused)
    })
  })

  describe(`${name}: two clients from one base`, () => {
    test.each([
      ['registers', 'title: "T"', 'year: 1999', { title: 'T', year: 1999 }],
      ['counters', 'likes: { increment: 3 }', 'likes: { decrement: 1 }', { likes: '2' }],
      ['sets', 'addMoods: ["dark"]', 'addMoods: ["slow"], removeMoods: ["old"]', { moods: ['dark', 'slow'] }],
    ])('%s: neither effect is lost', async (_, one, other, expected) => {
      const { here, there } = gateways()
      const id = await film('addMoods: ["old"]')
      const update = (input: string) => `updateFilm(id: "${id}", input: { ${input} })`
      await Promise.all([at(here, update(one)), at(there, update(other))])
      const { film: row } = await ask(`{ film(id: "${id}") { title year likes moods } }`)
      expect(row).toMatchObject(expected)
    })

    test('edges and to-many: neither effect is lost, from either end', async () => {
      const { here, there } = gateways()
      const id = await film()
      const [old, a, b] = await Promise.all(
        ['old', 'a', 'b'].map(
          async start => (await write(`createTag(input: { name: "${word(start)}" })`)).id,
        ),
      )
      await write(`updateFilm(id: "${id}", input: { addTags: [{ connect: "${old}" }] })`)
      await Promise.all([
        at(
          here,
          `updateFilm(id: "${id}", input: { addTags: [{ connect: "${a}" }], addReviews: [{ create: { text: "1" } }] })`,
        ),
        at(
          there,
          `updateFilm(id: "${id}", input: { removeTags: ["${old}"], addReviews: [{ create: { text: "2" } }] })`,
        ),
        at(there, `updateTag(id: "${b}", input: { addFilms: [{ connect: "${id}" }] })`),
      ])
      const { film: row } = await ask(
        `{ film(id: "${id}") { tags { nodes { id } } reviews { nodes { text } } } }`,
      )
      expect(row.tags.nodes.map((node: Answer) => node.id).sort()).toEqual([a, b].sort())
      expect(row.reviews.nodes.map((node: Answer) => node.text).sort()).toEqual(['1', '2'])
    })
  })
}
