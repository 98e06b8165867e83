import { notes } from '@zg/core/ir/notes.fixture'
import { freshScope } from '@zg/core/ports/ports.suite'
import { pushTextSuite } from '@zg/core/ports/pushText.suite'
import type { Storage } from '@zg/core/ports/storage'
import { edit, editor, note, textSuite } from '@zg/core/ports/text.suite'
import { textStorageSuite } from '@zg/core/ports/textStorage.suite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describePg, freshDatabase, type Database as TestDatabase } from '../../../scripts/testing/pg.ts'
import { openDatabase } from '../database.ts'
import type { Database } from '../session.ts'
import { sqlStorage } from '../storage.ts'
import { openStore, type Store } from '../store.ts'

describePg('texts', () => {
  let database: TestDatabase
  let storage: Storage
  let gateways: readonly { readonly own: Database; readonly store: Store }[]
  beforeAll(async () => {
    database = await freshDatabase()
    gateways = await Promise.all(
      [1, 2].map(async () => {
        const own = await openDatabase({ url: database.url })
        return { own, store: await openStore(own, notes.model) }
      }),
    )
    storage = await sqlStorage((gateways[0] as { own: Database }).own, notes)
  })
  afterAll(async () => {
    for (const { own, store } of gateways) {
      await store.close()
      await own.close()
    }
    await database.drop()
  })
  const at = (i: number): Store => (gateways[i] as { readonly store: Store }).store

  textSuite('Postgres', () => at(0))
  pushTextSuite('Postgres', () => at(0))
  textStorageSuite('Postgres', () => storage)
  textSuite('two gateways', () => ({ ...at(1), writer: at(0).writer, settled: () => at(0).settled() }))

  test('two gateways: those who type at once lose nothing, and the tables show it', async () => {
    const scope = freshScope()
    await at(0).writer.commit({ scope, acts: [note('a')] })
    await Promise.all(
      [0, 1].map(async i => {
        const author = editor(i + 1)
        for (let n = 0; n < 40; n++) {
          const update = author.type(text => text.insert(text.length, `${i}:${n} `))
          const { verdict } = await at(i).writer.commit({ scope, acts: [edit('a', { body: update })] })
          expect(verdict.problems).toEqual([])
        }
      }),
    )
    const texts = await Promise.all(
      [0, 1].map(async i => {
        const snapshot = at(i).reader.open(scope)
        const [row] = await snapshot.rows('Note', ['body'], ['note_a'])
        await snapshot.close()
        return String(row?.body)
      }),
    )
    expect(texts[0]).toBe(texts[1])
    const words = (i: number) => texts[0]?.split(' ').filter(word => word.startsWith(`${i}:`))
    for (const i of [0, 1]) expect(words(i)).toEqual(Array.from({ length: 40 }, (_, n) => `${i}:${n}`))
    await Promise.all([at(0).settled(), at(1).settled()])
    const [shown] = await (gateways[0] as { own: Database }).own.query<{ body: string }>(
      'select body from note where tenant = $1',
      [scope.tenant],
    )
    expect(shown?.body).toBe(texts[0])
  })

  test('a live query at another gateway hears of folds', async () => {
    const scope = freshScope()
    const end = new AbortController()
    const { position } = await at(0).writer.commit({ scope, acts: [note('a')] })
    const touches = at(1).feed.touches(scope, position, end.signal)[Symbol.asyncIterator]()
    const first = touches.next()
    const author = editor(1)
    const update = author.type(text => text.insert(0, 'x'))
    await at(0).writer.commit({ scope, acts: [edit('a', { body: update })] })
    const committed = (await first).value.position
    // The log stands still; what comes next is about the fold.
    const second = await touches.next()
    expect(second.value).toEqual({ position: committed, entities: new Set(['Note']) })
    end.abort()
    expect(await touches.next()).toMatchObject({ done: true })
  })
})
