import { describe, expect, test } from 'vitest'
import { clientOf, fresh, type Gateways, word } from './club.suite.ts'

/** What holds for unique keys, on every store. */
export function keysSuite(name: string, gateways: () => Gateways): void {
  const { ask, write, at, film } = clientOf(gateways)

  describe(`${name}: unique keys`, () => {
    test('a value is taken once, free again when given up, and null takes nothing', async () => {
      const slug = word('s')
      const first = await film(`slug: "${slug}"`)
      expect(await write(`createFilm(input: { title: "y", slug: "${slug}" })`)).toMatchObject({
        __typename: 'ConflictProblem',
        code: 'UNIQUE_TAKEN',
        path: ['input', 'slug'],
      })
      const other = await film()
      await film()
      const take = `updateFilm(id: "${other}", input: { slug: "${slug}" })`
      expect(await write(take)).toMatchObject({ code: 'UNIQUE_TAKEN', path: ['input', 'slug'] })
      await write(`updateFilm(id: "${first}", input: { slug: null })`)
      expect(await write(take)).toMatchObject({ verdict: { status: 'APPLIED' } })
      // Writing what one holds is no conflict, and a deleted row gives back what it held.
      expect(await write(take)).toMatchObject({ verdict: { status: 'APPLIED' } })
      await write(`deleteFilm(id: "${other}")`)
      expect(await write(`createFilm(input: { title: "z", slug: "${slug}" })`)).toMatchObject({
        verdict: { status: 'APPLIED' },
      })
    })

    test('of several fields: together, and only when all are there', async () => {
      const org = (await write(`createOrg(input: { name: "${word('o')}" })`)).id
      const elsewhere = (await write(`createOrg(input: { name: "${word('o')}" })`)).id
      const member = (of: string, user: string, more = '') =>
        write(`createMember(input: { org: { connect: "${of}" }, userId: "${user}" ${more} })`)
      const ann = (await member(org, 'ann', 'badge: "1"')).id
      expect(await member(elsewhere, 'ann', 'badge: "1"')).toMatchObject({ verdict: { status: 'APPLIED' } })
      expect(await member(org, 'ann')).toMatchObject({ code: 'UNIQUE_TAKEN', path: ['input', 'userId'] })
      const bob = (await member(org, 'bob')).id
      expect(await write(`updateMember(id: "${bob}", input: { badge: "1" })`)).toMatchObject({
        code: 'UNIQUE_TAKEN',
        path: ['input', 'badge'],
      })
      // The row that moves brings the other half of the key along.
      const cat = (await member(elsewhere, 'cat', 'badge: "2"')).id
      await write(`updateMember(id: "${ann}", input: { badge: "2" })`)
      expect(await write(`updateMember(id: "${cat}", input: { org: { connect: "${org}" } })`)).toMatchObject({
        code: 'UNIQUE_TAKEN',
        path: ['input', 'org', 'connect'],
      })
      // As it does when it is moved from the other side of the relation.
      const moved = `updateOrg(id: "${org}", input: { addMembers: [{ connect: "${cat}" }] })`
      expect(await write(moved)).toMatchObject({ code: 'UNIQUE_TAKEN', path: ['input', 'addMembers'] })
      // A cascade gives back what all its rows held.
      await write(`deleteOrg(id: "${org}")`)
      expect(await write(`deleteMember(id: "${ann}")`)).toMatchObject({ code: 'NOT_FOUND' })
    })

    test('equal values are equal in their one form', async () => {
      const minute = String(fresh() % 60).padStart(2, '0')
      await film(`shown: "2026-01-01T02:${minute}:00+02:00"`)
      const same = `createFilm(input: { title: "y", shown: "2026-01-01T00:${minute}:00Z" })`
      expect(await write(same)).toMatchObject({ code: 'UNIQUE_TAKEN', path: ['input', 'shown'] })
    })

    test('two rows may swap their values in one mutation: its end decides', async () => {
      const [a, b] = [word('a'), word('b')]
      const [one, two] = [await film(`slug: "${a}"`), await film(`slug: "${b}"`)]
      const swap = `updateFilms(inputs: [{ id: "${one}", slug: "${b}" }, { id: "${two}", slug: "${a}" }])`
      expect(await write(swap, 'films { slug }')).toMatchObject({ films: [{ slug: b }, { slug: a }] })
      const both = `updateFilms(inputs: [{ id: "${one}", slug: "${a}" }, { id: "${two}", title: "z" }])`
      expect(await write(both)).toMatchObject({ code: 'UNIQUE_TAKEN', path: ['inputs', '0', 'slug'] })
      expect(await ask(`{ filmBy(key: { slug: "${a}" }) { id } }`)).toEqual({ filmBy: { id: two } })
    })

    test('of many at once, here and at another gateway, one gets the value', async () => {
      const { here, there } = gateways()
      for (let round = 0; round < 3; round++) {
        const slug = word('race')
        const answers = await Promise.all(
          Array.from({ length: 24 }, (_, i) =>
            at(i % 2 ? here : there, `createFilm(input: { title: "${i}", slug: "${slug}" })`),
          ),
        )
        const codes = answers.map(answer => answer.code ?? 'ok').sort()
        expect(codes).toEqual([...Array(23).fill('UNIQUE_TAKEN'), 'ok'])
      }
    })

    test('a value too long for an index is refused', async () => {
      const slug = 'ü'.repeat(600)
      expect(await write(`createFilm(input: { title: "x", slug: "${slug}" })`)).toMatchObject({
        __typename: 'ValidationProblem',
        code: 'TOO_LONG',
        path: ['input', 'slug'],
      })
    })
  })

  describe(`${name}: rows by key`, () => {
    test('single, composite, one-to-one and natural keys; nobody there is null', async () => {
      const [name, slug] = [word('o'), word('s')]
      const org = (await write(`createOrg(input: { name: "${name}" })`)).id
      const member = (
        await write(`createMember(input: { org: { connect: "${org}" }, userId: "ann", badge: "b" })`)
      ).id
      const id = await film(`slug: "${slug}"`)
      const poster = (await write(`createPoster(input: { film: { connect: "${id}" }, url: "u" })`)).id
      const artistId = fresh()
      await write(`createArtist(input: { artistId: ${artistId}, name: "AC/DC" })`)
      const found = await ask(`{
        orgBy(key: { name: "${name}" }) { id members { nodes { userId } } }
        a: memberBy(key: { orgAndUserId: { org: "${org}", userId: "ann" } }) { id org { name } }
        b: memberBy(key: { orgAndBadge: { org: "${org}", badge: "b" } }) { id }
        c: memberBy(key: { orgAndUserId: { org: "${org}", userId: "bob" } }) { id }
        filmBy(key: { slug: "${slug}" }) { id }
        nobody: filmBy(key: { slug: "nobody" }) { id }
        posterBy(key: { film: "${id}" }) { id }
        artistBy(key: { artistId: ${artistId} }) { id name }
      }`)
      expect(found).toEqual({
        orgBy: { id: org, members: { nodes: [{ userId: 'ann' }] } },
        a: { id: member, org: { name } },
        b: { id: member },
        c: null,
        filmBy: { id },
        nobody: null,
        posterBy: { id: poster },
        artistBy: { id: `artist_${artistId}`, name: 'AC/DC' },
      })
    })

    test('a value that no row can hold is refused', async () => {
      const run = ask('query ($slug: String!) { filmBy(key: { slug: $slug }) { id } }', { slug: 'a\0b' })
      await expect(run).rejects.toMatchObject({ extensions: { code: 'BAD_VALUE', path: ['key', 'slug'] } })
    })
  })

  describe(`${name}: upsert`, () => {
    test('creates what is not there, updates what is, each by its own rule', async () => {
      const slug = word('u')
      const upsert = `upsertFilm(key: { slug: "${slug}" }, create: { title: "new", likes: { increment: 1 } },
        update: { likes: { increment: 10 } })`
      const first = await write(upsert, 'film { title slug likes }')
      expect(first).toMatchObject({ film: { title: 'new', slug, likes: '1' } })
      const again = await write(upsert, 'film { title slug likes }')
      expect(again).toMatchObject({ id: first.id, film: { title: 'new', slug, likes: '11' } })
    })

    test('by a composite and by a natural key; what the create says otherwise is refused', async () => {
      const org = (await write(`createOrg(input: { name: "${word('o')}" })`)).id
      const member = (role: string) =>
        write(
          `upsertMember(key: { orgAndUserId: { org: "${org}", userId: "ann" } },
            create: { org: { connect: "${org}" }, userId: "ann" }, update: { role: ${role} })`,
          'member { role userId }',
        )
      const made = await member('owner')
      expect(made.member).toEqual({ role: 'viewer', userId: 'ann' })
      expect(await member('owner')).toMatchObject({ id: made.id, member: { role: 'owner' } })
      const artistId = fresh()
      const artist = (name: string) =>
        write(
          `upsertArtist(key: { artistId: ${artistId} }, create: { artistId: ${artistId}, name: "${name}" },
            update: { name: "${name}!" })`,
          'artist { name }',
        )
      expect(await artist('a')).toMatchObject({ id: `artist_${artistId}`, artist: { name: 'a' } })
      expect(await artist('b')).toMatchObject({ id: `artist_${artistId}`, artist: { name: 'b!' } })
      const nick = word('n')
      const byNick = (number: number) =>
        write(
          `upsertArtist(key: { nick: "${nick}" }, create: { artistId: ${number}, name: "c" }, update: {})`,
        )
      const number = fresh()
      expect((await byNick(number)).id).toBe(`artist_${number}`)
      expect((await byNick(fresh())).id).toBe(`artist_${number}`)
      const other = `upsertFilm(key: { slug: "${word('k')}" }, create: { title: "x", slug: "other" }, update: {})`
      expect(await write(other)).toMatchObject({ code: 'KEY_MISMATCH', path: ['create', 'slug'] })
      await write(`deleteArtist(id: "artist_${artistId}")`)
      expect(await artist('c')).toMatchObject({ code: 'ID_GONE', path: ['create'] })
    })

    test('many at once, here and at another gateway, make one row', async () => {
      const { here, there } = gateways()
      for (let round = 0; round < 3; round++) {
        const slug = word('race')
        const upsert = `upsertFilm(key: { slug: "${slug}" }, create: { title: "x", likes: { increment: 1 } },
          update: { likes: { increment: 1 } })`
        const answers = await Promise.all(
          Array.from({ length: 24 }, (_, i) => at(i % 2 ? here : there, upsert)),
        )
        expect(new Set(answers.map(answer => answer.id)).size).toBe(1)
        expect(await ask(`{ filmBy(key: { slug: "${slug}" }) { likes } }`)).toEqual({
          filmBy: { likes: '24' },
        })
      }
    })

    test('each branch has nested writes of its own, and only the branch that is taken is done', async () => {
      const [slug, director, reviewer] = [word('u'), word('Director'), word('review')]
      const upsert = `upsertFilm(key: { slug: "${slug}" },
        create: { title: "x", director: { create: { name: "${director}" } }, addReviews: [{ create: { text: "first" } }] },
        update: { addReviews: [{ create: { text: "${reviewer}" } }] })`
      const shown = 'film { director { name } reviews(orderBy: [{ text: ASC }]) { nodes { text } } }'
      expect(await write(upsert, shown)).toMatchObject({
        film: { director: { name: director }, reviews: { nodes: [{ text: 'first' }] } },
      })
      expect(await write(upsert, shown)).toMatchObject({
        film: { reviews: { nodes: [{ text: 'first' }, { text: reviewer }] } },
      })
      const people = `{ people(where: { name: { eq: "${director}" } }) { nodes { id } } }`
      expect((await ask(people)).people.nodes).toHaveLength(1)
    })

    test('problems lead into the branch, or the key', async () => {
      const taken = word('t')
      await film(`slug: "${taken}"`)
      const id = await film()
      const poster = (update: string) =>
        write(
          `upsertPoster(key: { film: "${id}" }, create: { film: { connect: "${id}" }, url: "u" }, update: ${update})`,
        )
      await poster('{}')
      expect(await poster('{ film: { connect: "film_nobody" } }')).toMatchObject({
        code: 'REF_MISSING',
        path: ['update', 'film', 'connect'],
      })
      const long = 'x'.repeat(2_000)
      const key = `upsertFilm(key: { slug: "${long}" }, create: { title: "x" }, update: {})`
      expect(await write(key)).toMatchObject({ code: 'TOO_LONG' })
    })
  })
}
