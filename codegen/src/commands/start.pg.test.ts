import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { createClient } from 'graphql-ws'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { type Database, describePg, freshDatabase } from '../../../scripts/testing/pg.ts'
import { filmMapping, filmSchema, graphql, projectFolder, serve, zg } from './zg.suite.ts'

describePg('projects on one Postgres', () => {
  let database: Database
  beforeAll(async () => {
    database = await freshDatabase()
  })
  afterAll(() => database.drop())

  test('two gateways serve it at once and see each other`s writes; sql and import need neither', async () => {
    const folder = await projectFolder({ 'schema.ts': filmSchema('likes: f.counter()'), ...filmMapping })
    const surroundings = { env: { DATABASE_URL: database.url } }
    await zg(['generate', folder])
    const [one, two] = await Promise.all([
      serve(['start', folder], surroundings),
      serve(['dev', folder], surroundings),
    ])

    const client = createClient({ url: `${two.url.replace('http', 'ws')}/graphql`, webSocketImpl: WebSocket })
    const live = client.iterate<any>({ query: 'subscription { films { nodes { title likes } } }' })
    expect((await live.next()).value.data.films.nodes).toEqual([])
    await graphql(one.url, 'mutation { createFilm(input: { title: "Dune" }) { __typename } }')
    expect((await live.next()).value.data.films.nodes).toEqual([{ title: 'Dune', likes: '0' }])
    await client.dispose()

    const imported = await zg(['import', join(folder, 'films.mapping.json'), folder], surroundings)
    expect(imported.stdout).toContain('Film: 3 created')
    const counted = await zg(['sql', 'select count(*) from film', folder, '--json'], surroundings)
    expect(JSON.parse(counted.stdout)).toEqual([{ count: '4' }])
    await expect(access(join(folder, '.zg'))).rejects.toThrow()

    one.child.kill('SIGTERM')
    two.child.kill('SIGTERM')
    expect([(await one.ended).code, (await two.ended).code]).toEqual([0, 0])
  }, 60_000)

  test('the seed is loaded once per database', async () => {
    const seeded = JSON.stringify({ type: 'module', zg: { seed: 'films.mapping.json' } })
    const folder = await projectFolder({
      'schema.ts': filmSchema('likes: f.counter()'),
      'package.json': seeded,
      ...filmMapping,
    })
    for (const said of [/first run/, /^(?![\s\S]*first run)/]) {
      const dev = await serve(['dev', folder], { env: { DATABASE_URL: database.url } })
      dev.child.kill('SIGTERM')
      expect(await dev.ended).toMatchObject({ code: 0, stderr: expect.stringMatching(said) })
    }
  }, 60_000)
})
