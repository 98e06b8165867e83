import { once } from 'node:events'
import { access, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createClient } from 'graphql-ws'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import {
  filmMapping,
  filmSchema,
  graphql,
  projectFolder,
  type Running,
  serve,
  start,
  zg,
} from './zg.suite.ts'

// Every step is a process of its own, most of them with a database in it: on a busy machine that takes its time.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 })

const titles = async (url: string): Promise<string[]> => {
  const { films } = await graphql(url, '{ films(orderBy: [{ title: ASC }]) { nodes { title } } }')
  return films.nodes.map(({ title }: { title: string }) => title)
}

describe('a project being served', () => {
  let folder: string
  let dev: Running & { readonly url: string }

  const save = (name: string, text: string) => writeFile(join(folder, name), text)

  beforeAll(async () => {
    folder = await projectFolder({
      'schema.ts': filmSchema(),
      'package.json': JSON.stringify({ type: 'module', zg: { seed: 'films.mapping.json' } }),
      'tabs/1.graphql': 'query Films { films { nodes { id } } }',
      ...filmMapping,
    })
    dev = await serve(['dev', folder])
  })
  afterAll(async () => {
    dev.child.kill('SIGTERM')
    expect(await dev.ended).toMatchObject({ code: 0, stderr: expect.not.stringContaining('INTERNAL') })
    await expect(access(join(folder, '.zg/zg.pid'))).rejects.toThrow()
    await expect(access(join(folder, '.zg/zg.sock'))).rejects.toThrow()
  })

  test('has its data, its lock file, and a private data folder', async () => {
    expect(await titles(dev.url)).toEqual(['Alien', 'Brazil', 'Contact'])
    expect(JSON.parse(await readFile(join(folder, 'zg.lock.json'), 'utf8'))).toMatchObject({
      entities: { Film: { number: 1 } },
    })
    expect((await stat(join(folder, '.zg'))).mode & 0o077).toBe(0)
    expect((await stat(join(folder, '.zg/zg.sock'))).mode & 0o077).toBe(0)
  })

  test('is ready, and shows GraphiQL with its tabs', async () => {
    expect(await (await fetch(`${dev.url}/ready`)).json()).toEqual({ ready: true })
    const page = await fetch(`${dev.url}/graphql`, { headers: { accept: 'text/html' } })
    expect(await page.text()).toContain('query Films')
  })

  test('answers sql from another process, read only', async () => {
    const { code, stdout, stderr } = await zg(['sql', 'select title from film order by title', folder])
    expect([code, stdout]).toEqual([0, 'title\n-------\nAlien\nBrazil\nContact\n'])
    expect(stderr).toContain('3 rows')
    const json = await zg(['sql', `select count(*) as films, null as nothing from film`, folder, '--json'])
    expect(JSON.parse(json.stdout)).toEqual([{ films: '3', nothing: null }])
    expect(await zg(['sql', 'delete from film', folder])).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^BAD_SQL.*only reads/),
    })
    expect(await zg(['sql', 'select nope from film', folder])).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^BAD_SQL.*nope/),
    })
    expect(await titles(dev.url)).toHaveLength(3)
  })

  test('takes an import from another process; running it again changes nothing', async () => {
    await save('more.csv', 'Title\nAlien\nDune\n')
    await save('more.mapping.json', filmMapping['films.mapping.json'].replace('films.csv', 'more.csv'))
    const first = await zg(['import', join(folder, 'more.mapping.json'), folder])
    expect(first).toMatchObject({ code: 0, stdout: expect.stringContaining('Film: 1 created, 1 unchanged') })
    const again = await zg(['import', join(folder, 'more.mapping.json'), folder, '--json'])
    expect(JSON.parse(again.stdout)).toMatchObject({
      complete: true,
      counts: [{ name: 'Film', created: 0, unchanged: 2 }],
    })
    expect(await titles(dev.url)).toContain('Dune')
    const wrong = await zg(['import', join(folder, 'nowhere.json'), folder])
    expect(wrong).toMatchObject({ code: 1, stderr: expect.stringMatching(/^BAD_MAPPING: .*nowhere\.json/) })
  })

  test('keeps others from its data', async () => {
    const inUse = {
      code: 1,
      stderr: expect.stringMatching(new RegExp(`^DATA_IN_USE .*Process ${dev.child.pid} `)),
    }
    expect(await zg(['dev', folder], { env: { PORT: '0' } })).toMatchObject(inUse)
    expect(await zg(['reset', folder, '--yes'])).toMatchObject(inUse)
    expect(await titles(dev.url)).toContain('Alien')
  })

  test('names the port that is taken', async () => {
    const other = await projectFolder({ 'schema.ts': filmSchema() })
    const { port } = new URL(dev.url)
    const { code, stderr } = await zg(['dev', other], { env: { PORT: port } })
    expect(code).toBe(1)
    expect(stderr).toContain(`PORT_IN_USE at PORT: Port ${port} is taken`)
    await expect(access(join(other, '.zg'))).rejects.toThrow()
  })

  test('follows the schema, the files it imports, and leaves the old one serving when the new one is bad', async () => {
    const client = createClient({
      url: `${dev.url.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      retryWait: async () => {},
    })
    const live = client.iterate<any>({ query: '{ __typename }' })
    expect((await live.next()).value).toMatchObject({ data: { __typename: 'Query' } })
    const results = client.iterate<any>({
      query: 'subscription { films(where: { title: { eq: "Alien" } }) { nodes { title } } }',
    })
    expect((await results.next()).value.data.films.nodes).toEqual([{ title: 'Alien' }])

    await save('schema.ts', filmSchema('year: f.int().optional()'))
    await dev.until(/The schema changed/)
    const update =
      'mutation { updateFilm(id: "film_Alien", input: { year: 1979 }) { ... on FilmPayload { film { year } } ... on Problem { code message } } }'
    expect(await graphql(dev.url, update)).toEqual({ updateFilm: { film: { year: 1979 } } })
    // The client subscribed again by itself; its first result under the new schema.
    expect((await results.next()).value.data.films.nodes).toEqual([{ title: 'Alien' }])

    await save('schema.ts', `import { year } from './year.ts'\n${filmSchema('...year')}`)
    await dev.until(/SCHEMA_IMPORT at schema\.ts: There is no file year\.ts[\s\S]*still being served/)
    await save(
      'year.ts',
      `import { f } from '@zg/schema-builder'\nexport const year = { year: f.int().optional(), seen: f.boolean().default(false) }`,
    )
    await dev.until(/The schema changed/)
    expect((await graphql(dev.url, '{ film(id: "film_Alien") { year seen } }')).film).toEqual({
      year: 1979,
      seen: false,
    })

    await save('year.ts', 'export const year = {')
    await dev.until(/SCHEMA_SYNTAX at year\.ts[\s\S]*still being served/)
    await save(
      'year.ts',
      `import { f } from '@zg/schema-builder'\nexport const year = { year: f.state({ a: {} }) }`,
    )
    await dev.until(/NOT_ENFORCED at Film\.year[\s\S]*still being served/)
    expect((await graphql(dev.url, '{ film(id: "film_Alien") { year seen } }')).film).toEqual({
      year: 1979,
      seen: false,
    })
    const lock = JSON.parse(await readFile(join(folder, 'zg.lock.json'), 'utf8'))
    expect(Object.keys(lock.entities.Film.fields)).toEqual(['seen', 'title', 'year'])
    await client.dispose()
  })

  test('follows a changed validation, of which the model itself shows nothing', async () => {
    const checked = (least: number) => `import { f } from '@zg/schema-builder'
const validate = value => (value < ${least} ? { issues: [{ message: 'before ${least}' }] } : { value })
const rule = { '~standard': { version: 1 as const, vendor: 'test', validate } }
export const year = { year: f.int().optional().check(rule), seen: f.boolean().default(false) }`
    const update = async (year: number) => {
      const text = `mutation { updateFilm(id: "film_Brazil", input: { year: ${year} }) { __typename ... on Problem { message path } } }`
      return (await graphql(dev.url, text)).updateFilm
    }
    await save('year.ts', checked(2000))
    await dev.until(/The schema changed/)
    expect(await update(1985)).toEqual({
      __typename: 'ValidationProblem',
      message: 'before 2000',
      path: ['input', 'year'],
    })
    await save('year.ts', checked(1900))
    await dev.until(/The schema changed/)
    expect(await update(1985)).toEqual({ __typename: 'FilmPayload' })
  })
})

test('what was acknowledged survives kill -9; the dead process holds nothing; two signals end it in order; the seed is not loaded twice', async () => {
  const folder = await projectFolder({
    'schema.ts': filmSchema(),
    'package.json': JSON.stringify({ zg: { seed: 'films.mapping.json' } }),
    ...filmMapping,
  })
  const first = await serve(['dev', folder])
  await graphql(
    first.url,
    'mutation { createFilm(input: { title: "Dune" }) { __typename } deleteFilm(id: "film_Alien") { __typename } }',
  )
  first.child.kill('SIGKILL')
  await once(first.child, 'exit')
  // Nobody serves it now, so sql opens the data itself.
  expect((await zg(['sql', 'select title from film order by title', folder])).stdout).toContain(
    'Brazil\nContact\nDune\n',
  )
  const second = await serve(['dev', folder])
  expect(await titles(second.url)).toEqual(['Brazil', 'Contact', 'Dune'])
  // As npm sends them: one from the terminal, one from npm.
  second.child.kill('SIGINT')
  second.child.kill('SIGINT')
  expect(await second.ended).toMatchObject({ code: 0, stderr: expect.not.stringContaining('first run') })
  await expect(access(join(folder, '.zg/zg.pid'))).rejects.toThrow()
})

test('start serves what the lock fits, without showing the schema to strangers', async () => {
  const folder = await projectFolder({ 'schema.ts': filmSchema(), ...filmMapping })
  await zg(['generate', folder])
  const imported = await zg(['import', join(folder, 'films.mapping.json'), folder])
  expect(imported).toMatchObject({ code: 0, stdout: expect.stringContaining('Film: 3 created') })
  const started = await serve(['start', folder])
  expect(await titles(started.url)).toEqual(['Alien', 'Brazil', 'Contact'])
  await expect(graphql(started.url, '{ __schema { types { name } } }')).rejects.toThrow(/introspection/i)
  expect((await fetch(`${started.url}/graphql`, { headers: { accept: 'text/html' } })).status).toBe(405)
  started.child.kill('SIGTERM')
  expect((await started.ended).code).toBe(0)
  await rm(join(folder, 'zg.lock.json'))
  const refused = start(['start', folder])
  expect(await refused.ended).toMatchObject({ code: 1, stderr: expect.stringMatching(/^LOCK_STALE/) })
})
