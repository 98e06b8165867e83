import type { Act } from '@zg/core/act/act'
import { EMPTY_TEXT } from '@zg/core/change/kinds/text'
import { notes } from '@zg/core/ir/notes.fixture'
import { inlineTextWork } from '@zg/core/memory/textWork'
import { freshScope } from '@zg/core/ports/ports.suite'
import type { Scope } from '@zg/core/ports/scope'
import type { Fold, StoredText } from '@zg/core/ports/storage'
import { edit, editor, note, replace } from '@zg/core/ports/text.suite'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { memoryDatabase } from '../database.fixture.ts'
import type { Database, SqlRow } from '../session.ts'
import { sqlStorage } from '../storage.ts'
import { openStore, type Store } from '../store.ts'
import { createFolder } from './folder.ts'

let database: Database
let store: Store
let scope: Scope
beforeAll(async () => {
  database = await memoryDatabase()
  store = await openStore(database, notes.model)
})
beforeEach(() => {
  scope = freshScope()
})
afterAll(async () => {
  await store.close()
  await database.close()
})

const commit = async (...acts: Act[]) => {
  const { verdict, position } = await store.writer.commit({ scope, acts })
  expect(verdict.problems).toEqual([])
  return position.seqs[scope.tenant] ?? 0
}
const folds = () =>
  database.query<SqlRow & { seq: string; bytes: string; plain: string }>(
    'select seq, bytes, plain from zg.text_fold where tenant = $1 order by seq',
    [scope.tenant],
  )
const body = async () =>
  (await database.query<{ body: string }>('select body from note where tenant = $1', [scope.tenant]))[0]?.body

test('a text is shown in its table, and read from the newest fold', async () => {
  await commit(note('a', { body: replace('one') }))
  await store.settled()
  expect(await body()).toBe('one')
  const last = await commit(edit('a', { body: replace('one two') }))
  await store.settled()
  expect(await body()).toBe('one two')
  expect((await folds()).map(({ seq, plain }) => [Number(seq), plain])).toEqual([[last, 'one two']])
  expect(await database.query('select * from zg.text_due where tenant = $1', [scope.tenant])).toEqual([])
  // Other fields of the row leave the column alone.
  await commit(edit('a', { title: { kind: 'set', value: 'T' } }))
  expect(await body()).toBe('one two')
})

test('of several folds the newest stays, and one for each 64 kB of updates', async () => {
  await commit(note('a'))
  const ann = editor(1)
  const seqs: number[] = []
  for (let i = 0; i < 9; i++) {
    seqs.push(await commit(edit('a', { body: ann.type(text => text.insert(0, 'x'.repeat(20_000))) })))
    await store.settled()
  }
  const kept = await folds()
  // Cumulated bytes pass 64 kB behind the 3rd, 6th and 9th update of a little over 20 kB each.
  expect(kept.map(({ seq }) => Number(seq))).toEqual([seqs[2], seqs[5], seqs[8]])
  const storage = await sqlStorage(database, notes)
  for (const [i, at] of seqs.entries()) {
    const [stored] = await storage.texts(scope.tenant, [{ entity: 1, key: 'note_a', field: 2, at }])
    const { plain, source } = stored as StoredText
    const [opened] = await inlineTextWork().read([source])
    expect((plain ?? opened?.plain)?.length).toBe((i + 1) * 20_000)
    expect(source.updates.length).toBe([1, 2, 0, 1, 2, 0, 1, 2, 0][i])
  }
})

test('a fold is saved only if newer than what is there, and if the text is', async () => {
  await commit(note('a', { body: replace('one') }))
  const seq = await commit(edit('a', { body: replace('two') }))
  await store.settled()
  const storage = await sqlStorage(database, notes)
  const save = (...list: Partial<Fold>[]) =>
    storage.batch([scope.tenant], { wait: true }, async batch => {
      const head = batch.heads.get(scope.tenant) ?? { seq: 0, hlc: null }
      const fold = {
        entity: 1,
        key: 'note_a',
        field: 2,
        seq,
        bytes: 1,
        plain: 'stale',
        state: new Uint8Array(),
      }
      await batch.save(scope.tenant, {
        head,
        entries: [],
        instances: [],
        claims: [],
        verdicts: [],
        folds: list.map(one => ({ ...fold, ...one })),
      })
    })
  await save({}, { seq: seq - 1 }, { seq: seq + 5 }, { key: 'note_none' })
  expect((await folds()).map(({ plain }) => plain)).toEqual(['two'])
  expect(await body()).toBe('two')
})

test('deleting a row leaves nothing of its text in the tables of texts', async () => {
  await commit(note('a', { body: replace('one') }))
  await store.settled()
  await commit(edit('a', { body: replace('two') }))
  await commit({ kind: 'delete', entity: 'Note', id: 'note_a' })
  await store.settled()
  for (const table of ['text', 'text_fold', 'text_due'])
    expect(await database.query(`select * from zg.${table} where tenant = $1`, [scope.tenant])).toEqual([])
})

test('what one store left, the next one folds', async () => {
  await commit(note('a', { body: replace('left') }))
  // It ends before its pause is over.
  await store.close()
  expect(await body()).toBe('')
  store = await openStore(database, notes.model)
  await expect.poll(body, { timeout: 15_000 }).toBe('left')
})

test('a text that cannot be opened or saved holds up no other', async () => {
  const saved: string[] = []
  const none: StoredText = { source: EMPTY_TEXT, plain: null, seq: 1, bytes: 1 }
  const folder = createFolder({
    storage: { texts: async (_, requests) => requests.map(() => none), unfolded: async () => [] },
    work: {
      ...inlineTextWork(),
      read: async sources => sources.map((_, i) => (i === 0 ? null : { plain: '', state: new Uint8Array() })),
    },
    host: { sleep: async () => {} },
    save: async (tenant, list) => {
      if (tenant === 'broken') throw new Error('The database is away')
      saved.push(...list.map(({ key }) => key))
    },
    onFolded: () => {},
  })
  const texts = ['a', 'b', 'c'].map(key => ({ entity: 1, key, field: 2 }))
  folder.note('broken', texts)
  folder.note('sound', texts)
  await folder.idle()
  expect(saved).toEqual(['b', 'c'])
  await folder.close()
  folder.note('sound', texts)
  await folder.idle()
  expect(saved).toEqual(['b', 'c'])
})
