import type { Act } from '@zg/core/act/act'
import { readText } from '@zg/core/change/text'
import { notes } from '@zg/core/ir/notes.fixture'
import { set } from '@zg/core/ports/ports.suite'
import { ANONYMOUS } from '@zg/core/ports/scope'
import type { Storage } from '@zg/core/ports/storage'
import { edit, note, replace } from '@zg/core/ports/text.suite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Database } from '../session.ts'
import { sqlStorage } from '../storage.ts'
import { openStore, type Store } from '../store.ts'
import { compare } from './compare.ts'
import { rebuild } from './rebuild.ts'

const { model } = notes
const TENANT = 'texts'
const BODY = 2

/** What a log tells of texts, on a database of any kind. */
export function rebuildTextsSuite(name: string, open: () => Promise<Database>): void {
  describe(`${name}: rebuild of texts`, () => {
    let database: Database
    let store: Store
    let storage: Storage
    const write = async (...acts: Act[]): Promise<void> => {
      const { verdict } = await store.writer.commit({ scope: { tenant: TENANT, principal: ANONYMOUS }, acts })
      expect(verdict.problems).toEqual([])
    }
    beforeAll(async () => {
      database = await open()
      store = await openStore(database, model)
      storage = await sqlStorage(database, notes)
      await write(note('a', { body: replace('one') }), note('b', { body: replace('other') }))
      await write(note('long', { summary: replace('short') }), note('dead', { body: replace('gone') }))
      await write(edit('a', { body: replace('one two'), title: set('T') }))
      // A fold for each 64 kB, and some more.
      for (let i = 1; i <= 6; i++) {
        await write(edit('long', { body: replace(`${i} `.repeat(15_000 + i)) }))
        if (i % 2) await store.settled()
      }
      await write(edit('dead', { body: replace('gone by now') }))
      await write({ kind: 'delete', entity: 'Note', id: 'note_dead' })
      await store.settled()
      await store.close()
    })
    afterAll(() => database.close())

    const differences = async () => (await compare(database, model)).differences
    const lines = async (table: string) => {
      const sql = `select row_to_json(t)::text as line from ${table} t order by 1`
      return (await database.query<{ line: string }>(sql)).map(({ line }) => line)
    }
    /** The lines that a log says to the letter, and each text at each position. */
    const picture = async () => {
      const [head] = await database.query<{ seq: string }>('select max(seq) as seq from zg.log')
      const requests = ['a', 'b', 'long', 'dead'].flatMap(id =>
        Array.from({ length: Number(head?.seq) }, (_, i) => ({
          ...{ entity: 1, key: `note_${id}`, field: BODY },
          at: i + 1,
        })),
      )
      const texts = await storage.texts(TENANT, requests)
      return {
        updates: await lines('zg.text'),
        notes: await lines('public.note'),
        due: await lines('zg.text_due'),
        texts: texts.map(({ plain, source, seq, bytes }) => [seq, bytes, plain ?? readText(source).plain]),
      }
    }

    test('texts come from the log by value, with a fold for each 64 kB', async () => {
      const before = await picture()
      expect(before.updates.length).toBe(10)
      expect(await differences()).toEqual([])
      const folds = await lines('zg.text_fold')
      expect(folds.length).toBeGreaterThan(4)
      await rebuild(database, model, () => {})
      expect(await picture()).toEqual(before)
      expect(await differences()).toEqual([])
      const again = await lines('zg.text_fold')
      expect(again.length).toBeGreaterThanOrEqual(folds.length)
      expect(again.filter(line => line.includes('note_long')).length).toBeGreaterThan(3)
    })

    test.each(DAMAGES)('%s is found, and made good', async (_, damage, difference) => {
      const before = await lines('zg.text')
      await database.query(damage)
      expect((await differences()).join('\n')).toMatch(difference)
      await rebuild(database, model, () => {})
      expect(await lines('zg.text')).toEqual(before)
      expect(await differences()).toEqual([])
    })
  })
}

const A = `key = 'note_a' and field = ${BODY}`
const NEWEST = `seq = (select max(seq) from zg.text where ${A})`
const OTHER = `(select snapshot from zg.text_fold where key = 'note_b' limit 1)`
const DAMAGES: readonly (readonly [string, string, RegExp])[] = [
  [
    'another update',
    `update zg.text set update = (select update from zg.text where key = 'note_b') where ${A} and ${NEWEST}`,
    /note_a\/2: the update of \d+ is not/,
  ],
  ['a damaged update', `update zg.text set update = '\\x0102030405' where ${A}`, /note_a\/2: the update of/],
  ['a lost update', `delete from zg.text where ${A} and ${NEWEST}`, /note_a\/2: the update of/],
  [
    'an update too many',
    `insert into zg.text select tenant, entity, key, field, seq + 1000, id, client, "by", update from zg.text where ${A} and ${NEWEST}`,
    /zg.text has \d+ lines/,
  ],
  [
    'the text of a dead row',
    `insert into zg.text select tenant, entity, 'note_dead', field, seq, id, client, "by", update from zg.text where ${A} and ${NEWEST}`,
    /zg.text has \d+ lines/,
  ],
  ['another author', `update zg.text set "by" = 'eve' where ${A}`, /note_a\/2: the update of/],
  ['another Yjs client', `update zg.text set client = 7 where ${A}`, /note_a\/2: the update of/],
  [
    'a fold that reads otherwise',
    `update zg.text_fold set plain = plain || '!' where ${A}`,
    /note_a\/2: the fold of/,
  ],
  [
    'a fold of another text',
    `update zg.text_fold set snapshot = ${OTHER} where ${A}`,
    /note_a\/2: the fold of/,
  ],
  ['a damaged fold', `update zg.text_fold set snapshot = '\\x01020304' where ${A}`, /note_a\/2: the fold of/],
  [
    'a fold of another length',
    `update zg.text_fold set bytes = bytes + 65536 where ${A}`,
    /note_a\/2: the fold of/,
  ],
  [
    'a fold in the middle',
    `update zg.text_fold set plain = 'x' where key = 'note_long' and field = ${BODY} and seq < (select max(seq) from zg.text_fold where key = 'note_long')`,
    /note_long\/2: the fold of/,
  ],
  [
    'a fold of nothing',
    `insert into zg.text_fold select tenant, entity, key, field, seq + 1000, bytes, snapshot, plain from zg.text_fold where ${A}`,
    /zg.text_fold has/,
  ],
  [
    'a lost fold',
    `delete from zg.text_fold where ${A}`,
    /note_a\/2: waits to be folded.*\n.*note_a\/2: its column/,
  ],
  [
    'a column that says otherwise',
    `update public.note set body = 'x' where id = 'note_a'`,
    /note_a\/2: its column/,
  ],
  [
    'one that waits for nothing',
    `insert into zg.text_due select tenant, entity, key, field, seq from zg.text where ${A} and ${NEWEST}`,
    /note_a\/2: does not wait/,
  ],
]
