import { expect, test } from 'vitest'
import { encodeBytes } from '../base64url.ts'
import { CHANGE_VERSION, type Change, type Op } from '../change/change.ts'
import { hlcOf } from '../change/clock.ts'
import { NOTHING } from '../change/instance.ts'
import { merge } from '../change/merge.ts'
import { readText, reviseText } from '../change/text.ts'
import { NO_NEEDS } from './appending.suite.ts'
import type { Entry, Storage, StoredText, TextRequest } from './storage.ts'

const NOTE = 1
const BODY = 2
const create: Op = { field: 0, kind: 'create' }
const remove: Op = { field: 0, kind: 'delete' }

let tenants = 0

/** What every Storage over `noteModel` does with texts. */
export function textStorageSuite(name: string, storage: () => Storage): void {
  const written = ([op]: readonly Op[]): string => (op?.kind === 'text' ? op.update : '')
  /** Logs one change per list of ops, all of one row, in one batch each. */
  const log = async (tenant: string, by: string, ...list: readonly (readonly Op[])[]) => {
    const changes: Change[] = []
    for (const ops of list) {
      await storage().batch([tenant], { wait: true }, async batch => {
        const head = batch.heads.get(tenant) ?? { seq: 0, hlc: null }
        const seq = head.seq + 1
        const change: Change = {
          v: CHANGE_VERSION,
          id: hlcOf({ ms: seq, counter: 0, replica: 7n }),
          tenant,
          schema: 'a0',
          entity: NOTE,
          key: 'note_a',
          ops,
          base: null,
          by,
          mutation: { client: 'c', n: seq, index: 0 },
        }
        changes.push(change)
        const { instances } = await batch.load(tenant, {
          ...NO_NEEDS,
          instances: [{ entity: NOTE, key: 'note_a' }],
        })
        const before = instances[0] ?? NOTHING
        const instance = merge([change], before)
        const entry: Entry = { seq, change, before, last: true }
        await batch.save(tenant, {
          head: { seq, hlc: change.id },
          entries: [entry],
          instances: [{ entity: NOTE, key: 'note_a', instance, seq }],
          claims: [],
          verdicts: [],
        })
      })
    }
  }
  const ask = async (tenant: string, ...ats: (number | null)[]): Promise<readonly string[]> => {
    const requests = ats.map((at): TextRequest => ({ entity: NOTE, key: 'note_a', field: BODY, at }))
    const stored = await storage().texts(tenant, requests)
    return stored.map(({ plain, source, seq }: StoredText) => `${seq} ${plain ?? readText(source).plain}`)
  }
  const texts = (...values: string[]): readonly Op[][] => {
    const updates: Uint8Array[] = []
    return values.map(value => {
      const update = reviseText({ state: null, updates }, value, 100 + updates.length) as Uint8Array
      updates.push(update)
      return [{ field: BODY, kind: 'text', update: encodeBytes(update) }]
    })
  }

  test(`${name}: a text at every position, also where its row is dead by now`, async () => {
    const tenant = `x${++tenants}-${process.pid}`
    await log(tenant, 'ann', [create], ...texts('one', 'one two', 'two'))
    expect(await ask(tenant, 0, 1, 2, 3, 4, null)).toEqual([
      '0 ',
      '0 ',
      '2 one',
      '3 one two',
      '4 two',
      '4 two',
    ])
    await log(tenant, 'ann', [remove])
    expect(await ask(tenant, null, 5, 4, 3, 1)).toEqual(['0 ', '0 ', '4 two', '3 one two', '0 '])
  })

  test(`${name}: only what came behind a position, for whoever has the rest`, async () => {
    const tenant = `x${++tenants}-${process.pid}`
    const [first = [], second = [], third = []] = texts('one', 'one two', 'two')
    await log(tenant, 'ann', [create], first, second, third)
    const address = { entity: NOTE, key: 'note_a', field: BODY }
    const behind = await storage().texts(
      tenant,
      [1, 2, 4].map(after => ({ ...address, at: null, after })),
    )
    expect(
      behind.map(({ source: { state, updates }, seq }) => [state, updates.map(encodeBytes), seq]),
    ).toEqual([
      [null, [first, second, third].map(written), 4],
      [null, [second, third].map(written), 4],
      [null, [], 0],
    ])
  })

  test(`${name}: who has written as which Yjs client`, async () => {
    const tenant = `x${++tenants}-${process.pid}`
    const [first = [], second = []] = texts('one', 'one two')
    await log(tenant, 'ann', [create], first)
    await log(tenant, 'bob', second)
    const asked = [100, 101, 102, 100].map((client, i) => {
      const field = i === 3 ? 3 : BODY
      return { entity: NOTE, key: 'note_a', field, client }
    })
    const found = await storage().batch([tenant], { wait: true }, async batch => {
      expect(await batch.textAuthors(tenant, [])).toEqual([])
      return batch.textAuthors(tenant, asked)
    })
    expect(found).toEqual([{ by: 'ann', client: 'c' }, { by: 'bob', client: 'c' }, null, null])
  })

  test(`${name}: what comes before its create waits with its text`, async () => {
    const tenant = `x${++tenants}-${process.pid}`
    const [first = []] = texts('early')
    await log(tenant, 'ann', first, [create])
    expect(await ask(tenant, 1, null)).toEqual(['1 early', '1 early'])
  })
}
