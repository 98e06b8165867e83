import type { Act } from '@zg/core/act/act'
import { ANONYMOUS, MAIN } from '@zg/core/ports/scope'
import { openDatabase } from '@zg/store/database'
import type { Database } from '@zg/store/session'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describePg, freshDatabase, type Database as Server } from '../../scripts/testing/pg.ts'
import { openLibrary, readsSuite } from './reads.suite.ts'

describePg('on Postgres', () => {
  const servers: Server[] = []
  const open = async (): Promise<Database> => {
    const server = await freshDatabase()
    servers.push(server)
    return openDatabase({ url: server.url, snapshotLimit: 60_000 })
  }
  let database: Database
  beforeAll(async () => {
    database = await open()
  })
  afterAll(async () => {
    await database.close()
    for (const server of servers) await server.drop()
  })

  readsSuite('Postgres', open)

  test('10,000 nested reads beside a writer who moves likes between films never see half a move', async () => {
    const ids = Array.from({ length: 12 }, (_, i) => `film_${i}`)
    const created: readonly Act[] = [
      ...[0, 1, 2].map(
        (i): Act => ({
          kind: 'create',
          entity: 'Person',
          id: `person_${i}`,
          fields: { name: { kind: 'set', value: `P${i}` } },
        }),
      ),
      ...ids.map(
        (id, i): Act => ({
          kind: 'create',
          entity: 'Film',
          id,
          fields: {
            title: { kind: 'set', value: id },
            director: { kind: 'set', value: `person_${i % 3}` },
            likes: { kind: 'increment', by: '100' },
          },
        }),
      ),
    ]
    const { ask, store } = await openLibrary(database, created)
    let reading = true
    let moves = 0
    const moving = (async () => {
      for (let i = 0; reading; i++) {
        const [from = '', to = ''] = [ids[i % 12], ids[(i * 5 + 1) % 12]]
        if (from === to) continue
        const move = (id: string, by: string): Act => ({
          kind: 'update',
          entity: 'Film',
          id,
          fields: { likes: { kind: 'increment', by } },
        })
        const acts = [move(from, `-${1 + i}`), move(to, `${1 + i}`)]
        const { verdict } = await store.writer.commit({ scope: { tenant: MAIN, principal: ANONYMOUS }, acts })
        expect(verdict.status).toBe('applied')
        moves++
      }
    })()

    // Every alias has arguments of its own, so that each is read by itself and not out of another's rows.
    const lists = Array.from(
      { length: 10 },
      (_, i) => `
        p${i}: people(first: ${10 + i}) { nodes { directed(first: ${20 + i}) { nodes { likes } } } }`,
    )
    const document = `{
      before: films { aggregate { sum { likes } } } ${lists.join('')}
      sums: people { nodes { directed { aggregate { sum { likes } } } } }
      groups: filmGroups(by: [director]) { aggregate { sum { likes } } }
    }`
    const states = new Set<string>()
    const torn: string[] = []
    const read = async (): Promise<void> => {
      const answer = (await ask(document)) as Record<string, People & Sum & readonly Sum[]>
      const { before, sums, groups, ...people } = answer
      const rows = Object.values(people).map(list =>
        list.nodes.flatMap(({ directed }) => directed.nodes.map(({ likes }) => likes)),
      )
      states.add(String(rows[0]))
      const totals = [
        Number(before?.aggregate.sum.likes),
        ...rows.map(total),
        total((sums?.nodes ?? []).map(({ directed }) => directed.aggregate.sum.likes)),
        total((groups ?? []).map(({ aggregate }) => aggregate.sum.likes)),
      ]
      if (totals.some(one => one !== 1_200) || new Set(rows.map(String)).size > 1)
        torn.push(`${totals} ${rows}`)
    }
    try {
      const readers = Array.from({ length: 8 }, async () => {
        for (let i = 0; i < 125; i++) await read()
      })
      await Promise.all(readers)
    } finally {
      reading = false
      await moving
    }
    await store.close()
    expect(torn.slice(0, 3)).toEqual([])
    // Neither was the writer idle, nor did the readers see the same state over and over.
    expect(moves).toBeGreaterThan(30)
    expect(states.size).toBeGreaterThan(20)
  }, 120_000)
})

interface Sum {
  readonly aggregate: { readonly sum: { readonly likes: string } }
}
interface People {
  readonly nodes: readonly {
    readonly directed: Sum & { readonly nodes: readonly { readonly likes: string }[] }
  }[]
}

function total(likes: readonly string[]): number {
  return likes.reduce((sum, one) => sum + Number(one), 0)
}
