import { join } from 'node:path'
import { openDatabase } from '@zg/store/database'
import { expect, test, vi } from 'vitest'
import { filmMapping, filmSchema, projectFolder, zg } from './zg.suite.ts'

// Every step is a process of its own: on a busy machine that takes its time.
vi.setConfig({ testTimeout: 180_000 })

test('zg rebuild says what tables and log disagree about, and makes the tables anew', async () => {
  const folder = await projectFolder({ 'schema.ts': filmSchema('year: f.int().optional()'), ...filmMapping })
  expect(await zg(['rebuild', folder, '--check'])).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^NOTHING_SERVED: /),
  })
  await zg(['generate', folder])
  expect(await zg(['import', join(folder, 'films.mapping.json'), folder])).toMatchObject({ code: 0 })
  const database = await openDatabase({ directory: join(folder, '.zg', 'pg') })
  await database.query(`update public.film set title = 'Forged' where title = 'Alien'`)
  await database.close()

  const found = await zg(['rebuild', folder, '--check'])
  expect(found).toMatchObject({
    code: 1,
    stdout: expect.stringMatching(/^main: \d+\/film_Alien is not what the log says\n$/),
    stderr: expect.stringContaining('Comparing: 100% (3 of 3 entries)'),
  })
  expect(await zg(['rebuild', folder])).toMatchObject({
    code: 0,
    stdout: 'Rebuilt the tables from 3 entries of the log.\n',
  })
  expect(await zg(['rebuild', folder, '--check'])).toMatchObject({
    code: 0,
    stdout: 'The tables hold what the 3 entries of the log say.\n',
  })
})
