import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { filmSchema, projectFolder, zg } from './zg.suite.ts'

// Every step is a process of its own: on a busy machine that takes its time.
vi.setConfig({ testTimeout: 120_000 })

const STACK = /\n\s+at .*[.:]\d+/

describe('help', () => {
  test('names every command, and each tells its arguments with examples', async () => {
    const { code, stdout } = await zg(['--help'])
    expect(code).toBe(0)
    const commands = ['init', 'dev', 'start', 'generate', 'inspect', 'import', 'sql', 'rebuild', 'reset']
    for (const name of commands) expect(stdout).toMatch(new RegExp(`^  ${name} `, 'm'))
    const helps = await Promise.all(commands.map(name => zg([name, '--help'])))
    for (const [i, help] of helps.entries()) {
      expect(help.code).toBe(0)
      expect(help.stdout).toContain(`Usage: zg ${commands[i]}`)
      expect(help.stdout).toContain('Examples:')
    }
  })

  test('an unknown command suggests the nearest', async () => {
    const { code, stderr } = await zg(['inpsect'])
    expect(code).toBe(1)
    expect(stderr).toContain(`unknown command 'inpsect'`)
    expect(stderr).toContain('Did you mean inspect?')
  })

  test('the version is that of the package', async () => {
    const { version } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'))
    expect((await zg(['--version'])).stdout).toBe(`${version}\n`)
  })
})

describe('a refusal', () => {
  test('is one line with code, place and remedy, without stack or colour', async () => {
    const folder = await projectFolder({ 'schema.ts': `\nthrow new Error('out of films')` })
    for (const command of ['dev', 'start', 'generate', 'inspect']) {
      const { code, stdout, stderr } = await zg([command, folder])
      expect(code, command).toBe(1)
      expect(stdout).toBe('')
      expect(stderr).toBe(
        'SCHEMA_THREW at schema.ts:2: The schema file threw: out of films. Correct it and try again.\n',
      )
    }
  })

  test('shows its stack with --debug', async () => {
    const folder = await projectFolder({})
    expect((await zg(['inspect', folder])).stderr).not.toMatch(STACK)
    expect((await zg(['inspect', folder, '--debug'])).stderr).toMatch(STACK)
  })

  test('is coloured where colours are wished for, never with NO_COLOR', async () => {
    const folder = await projectFolder({})
    expect((await zg(['inspect', folder], { env: { FORCE_COLOR: '1' } })).stderr).toContain('\u001b[31m')
    expect((await zg(['inspect', folder], { env: { NO_COLOR: '1' } })).stderr).not.toContain('\u001b')
  })

  test('lists everything that is wrong with the schema', async () => {
    const folder = await projectFolder({ 'schema.ts': filmSchema(`a: f.one('Nope')`, `b: f.one('Neither')`) })
    const { stderr } = await zg(['generate', folder])
    expect(stderr).toMatch(/UNKNOWN_ENTITY at Film\.a: .*\nUNKNOWN_ENTITY at Film\.b: /)
  })

  test('of a port that is none names the variable', async () => {
    const { code, stderr } = await zg(['dev', await projectFolder({})], { env: { PORT: 'eighty' } })
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^BAD_PORT at PORT: "eighty"/)])
  })

  test.each(['dev', 'start'])('%s lists every construct that is not enforced', async command => {
    const folder = await projectFolder({
      'schema.ts': filmSchema(`notes: f.serial('N-{####}')`, `state: f.state({ a: { go: 'b' }, b: {} })`),
    })
    const { code, stderr } = await zg([command, folder])
    expect(code).toBe(1)
    expect(stderr).toContain('NOT_ENFORCED at Film.notes: ')
    expect(stderr).toContain('NOT_ENFORCED at Film.state: ')
    expect((await zg(['inspect', folder])).stdout).toContain('Film.notes: f.serial()')
  })

  test('of a folder that cannot be used names it', async () => {
    const folder = await projectFolder({ 'schema.ts': filmSchema(), '.zg': 'a file' })
    const { code, stderr } = await zg(['dev', folder])
    expect(code).toBe(1)
    expect(stderr).toContain(`DATA_UNREADABLE at ${join(folder, '.zg')}: `)
  })

  test('of a damaged database says so and lets go of it', async () => {
    const folder = await projectFolder({ 'schema.ts': filmSchema(), '.zg/pg/PG_VERSION': '9.1\n' })
    for (let i = 0; i < 2; i++) expect((await zg(['dev', folder])).stderr).toContain('DATA_CORRUPT')
  })

  test('of a database that is not there names it without its password', async () => {
    const folder = await projectFolder({ 'schema.ts': filmSchema() })
    const { code, stderr } = await zg(['dev', folder], {
      env: { DATABASE_URL: 'postgres://me:secret@127.0.0.1:1/films' },
    })
    expect(code).toBe(1)
    expect(stderr).toMatch(/^PG_UNREACHABLE: .*127\.0\.0\.1:1/)
    expect(stderr).not.toContain('secret')
  })
})

describe('start', () => {
  test('refuses a lock that does not fit', async () => {
    const folder = await projectFolder({ 'schema.ts': filmSchema() })
    expect((await zg(['start', folder])).stderr).toMatch(/^LOCK_STALE/)
    await zg(['generate', folder])
    await writeFile(join(folder, 'schema.ts'), filmSchema('year: f.int().optional()'))
    expect((await zg(['start', folder])).stderr).toMatch(/^LOCK_STALE.*Film/)
  })

  test('refuses a schema that nobody said is open', async () => {
    const folder = await projectFolder({ 'schema.ts': filmSchema().replace('open: true, ', '') })
    await zg(['generate', folder])
    expect((await zg(['start', folder])).stderr).toMatch(/^NO_POLICY/)
  })
})

describe('init', () => {
  test('makes a project that the other commands accept, and never overwrites', async () => {
    const folder = join(await projectFolder({}), 'fresh')
    const { code, stdout } = await zg(['init', folder])
    expect(code).toBe(0)
    expect(stdout).toContain(`zg dev ${folder}`)
    const schema = await readFile(join(folder, 'schema.ts'), 'utf8')
    expect(schema.trimEnd().split('\n').length).toBeLessThanOrEqual(17)
    expect((await zg(['inspect', folder])).stdout).toMatch(/^List \(number 1\), table list/m)
    await writeFile(join(folder, 'schema.ts'), '// mine')
    expect(await zg(['init', folder])).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^SCHEMA_EXISTS/),
    })
    expect(await readFile(join(folder, 'schema.ts'), 'utf8')).toBe('// mine')
  })

  test('leaves a package.json alone', async () => {
    const folder = await projectFolder({ 'package.json': '{"name":"mine"}' })
    await zg(['init', folder])
    expect(await readFile(join(folder, 'package.json'), 'utf8')).toBe('{"name":"mine"}')
  })
})

test('generate --check writes nothing, and fails for what is not as the schema makes it', async () => {
  const folder = await projectFolder({ 'schema.ts': filmSchema() })
  const check = () => zg(['generate', '--check', folder])
  expect(await check()).toMatchObject({ code: 1, stderr: expect.stringMatching(/STALE.*run zg generate/) })
  await zg(['generate', folder])
  expect(await check()).toMatchObject({ code: 0, stdout: '' })
  const schema = join(folder, 'generated/schema.graphql')
  await writeFile(schema, '# by hand')
  expect(await check()).toMatchObject({ code: 1, stderr: expect.stringMatching(/STALE.*schema\.graphql/) })
  expect(await readFile(schema, 'utf8')).toBe('# by hand')
})

test('generate writes SDL and lock once, and says what it did', async () => {
  const folder = await projectFolder({ 'schema.ts': filmSchema() })
  expect((await zg(['generate', folder])).stdout).toBe(
    'created   zg.lock.json\ncreated   generated/schema.graphql\n',
  )
  expect((await zg(['generate', folder])).stdout).toBe(
    'unchanged zg.lock.json\nunchanged generated/schema.graphql\n',
  )
  await writeFile(join(folder, 'schema.ts'), filmSchema('year: f.int().optional()'))
  expect((await zg(['generate', folder])).stdout).toBe(
    'updated   zg.lock.json\nupdated   generated/schema.graphql\n',
  )
  expect(await readFile(join(folder, 'generated/schema.graphql'), 'utf8')).toMatch(/^ {2}year: Int$/m)
})

test('inspect --json is the model with all names', async () => {
  const folder = await projectFolder({ 'schema.ts': filmSchema('moods: f.set(f.string())') })
  const { stdout } = await zg(['inspect', folder, '--json'])
  expect(JSON.parse(stdout)).toMatchObject({
    hash: expect.stringMatching(/^[0-9a-f]{64}$/),
    model: { entities: [{ name: 'Film', number: 1, key: ['title'] }] },
    names: { entities: { Film: { table: 'film', many: 'films', fields: { moods: { add: 'addMoods' } } } } },
  })
  expect((await zg(['inspect', folder])).stdout).toMatch(/moods +2 +string +set +moods +moods/)
})

test('reset does not delete without being told to', async () => {
  const folder = await projectFolder({ 'schema.ts': filmSchema(), '.zg/pg/file': 'data' })
  expect(await zg(['reset', folder])).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^NOT_CONFIRMED.*--yes/),
  })
  expect(await readFile(join(folder, '.zg/pg/file'), 'utf8')).toBe('data')
  const remote = { env: { DATABASE_URL: 'postgres://localhost/films' } }
  expect(await zg(['reset', folder, '--yes'], remote)).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^RESET_REMOTE/),
  })
  expect((await zg(['reset', folder, '--yes'])).code).toBe(0)
  await expect(rm(join(folder, '.zg'))).rejects.toMatchObject({ code: 'ENOENT' })
})
