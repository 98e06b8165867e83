import type { Database } from '@zg/store/session'
import { beforeAll, expect, test } from 'vitest'
import { querySql } from './query.ts'

/** What `zg sql` promises, on any database. */
export function queryTests(open: () => Promise<Database>): void {
  let database: Database
  beforeAll(async () => {
    database = await open()
    await database.query('create table film (title text)')
    await database.query(`insert into film values ('Alien')`)
  })

  test('reads', async () => {
    expect(await querySql(database, 'select title, 1 as one from film')).toEqual([{ title: 'Alien', one: 1 }])
  })

  test('an end mark is no second statement', async () => {
    expect(await querySql(database, 'select title from film;\n')).toEqual([{ title: 'Alien' }])
  })

  test.each([
    `insert into film values ('Brazil')`,
    'drop table film',
    'create table other (a int)',
    `select 1; insert into film values ('Brazil')`,
    `commit; insert into film values ('Brazil')`,
    `rollback; delete from film`,
    'set transaction read write',
    `with gone as (delete from film returning *) select * from gone`,
  ])('%s changes nothing', async text => {
    await querySql(database, text).catch(error => expect(error.problems[0].code).toBe('BAD_SQL'))
    expect(await querySql(database, 'select title from film')).toEqual([{ title: 'Alien' }])
    expect(await querySql(database, `select to_regclass('other') is null as gone`)).toEqual([{ gone: true }])
  })

  test('a mistake is told in the words of the database, with its place', async () => {
    await expect(querySql(database, 'select nope from film')).rejects.toMatchObject({
      problems: [
        { code: 'BAD_SQL', message: expect.stringMatching(/"nope" does not exist.*near "nope from film"/) },
      ],
    })
  })
}
