import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Address } from '../act/needs.ts'
import type { Change, Op } from '../change/change.ts'
import { type Instance, NOTHING } from '../change/instance.ts'
import { apply } from '../change/merge.ts'
import { canonical, type Json } from '../json.ts'
import {
  append,
  appendParts,
  change,
  create,
  FILM_TAGS,
  film,
  freshTenant,
  hlc,
  link,
  load,
  normal,
  place,
  remove,
  set,
  tag,
  tagging,
  unlink,
} from './appending.suite.ts'
import type { Storage } from './storage.ts'

/** What the log of a storage tells: pieces of it, and images as they were. Within `storageSuite`. */
export function storageLogSuite(storage: () => Storage): void {
  test('a piece of the log ends with a mutation', async () => {
    const tenant = freshTenant()
    const rows = Array.from({ length: 9 }, (_, i) => change(tenant, hlc(i), film(`${i}`), create))
    await append(storage(), tenant, rows.slice(0, 2), rows.slice(2, 7), rows.slice(7))
    const ends = async (after: number, limit: number) => {
      const { entries, seq, head } = await storage().entries(tenant, after, limit)
      expect(entries.map(entry => entry.seq)).toEqual(
        Array.from({ length: seq - after }, (_, i) => after + 1 + i),
      )
      expect(head).toBe(9)
      return seq
    }
    expect(await ends(0, 1)).toBe(2)
    expect(await ends(2, 1)).toBe(7)
    expect(await ends(7, 100)).toBe(9)
    expect(await ends(0, 100)).toBe(9)
    expect(await ends(9, 10)).toBe(9)
  })

  test('the image of a row before its end, also if it was created once more in between', async () => {
    const tenant = freshTenant()
    const row = film('a')
    await append(storage(), tenant, [change(tenant, hlc(1), row, create, set(1, 'A'), set(2, 5))])
    await append(storage(), tenant, [change(tenant, hlc(2), row, create)])
    await append(storage(), tenant, [change(tenant, hlc(3), row, set(1, 'B'))])
    await append(storage(), tenant, [change(tenant, hlc(4), row, remove)])
    await append(storage(), tenant, [change(tenant, hlc(5), row, set(1, 'too late'))])
    const { images } = await storage().view(tenant, view => view.read(0, 1))
    const value = (value: Json) => ({ kind: 'register', at: hlc(1), value })
    expect(images.get(place(row))).toEqual({
      born: hlc(1),
      dead: null,
      cells: { 1: value('A'), 2: value(5) },
    })
  })

  test('images of rows that have changed all the time since, live, dead, or dead once more', async () => {
    const tenant = freshTenant()
    const [hot, still, dead, twice, late] = [film('a'), film('b'), film('c'), film('d'), film('e')] as const
    const rows = [hot, still, dead, twice, late]
    const count = (by: number): Op => ({ field: 9, kind: 'counter', by: String(by) })
    const toSet = (field: number, element: string): Op => ({ field, kind: 'set', add: [element], remove: [] })
    const first = (id: string, row: Address) =>
      change(tenant, id, row, create, set(1, 'first'), set(2, 1), count(3), toSet(10, 'a'))
    const noise = (row: Address, from: number) =>
      Array.from({ length: 8 }, (_, i) =>
        change(tenant, hlc(from + i, row.key.charCodeAt(5)), row, set(12, i)),
      )
    // One register is written by somebody whose clock is behind, and shows nothing of it.
    const history: readonly (readonly Change[])[] = [
      [
        first(hlc(100, 1), hot),
        first(hlc(100, 2), still),
        first(hlc(100, 3), dead),
        first(hlc(100, 4), twice),
      ],
      [change(tenant, hlc(100, 5), late, set(2, 7))],
      [
        ...noise(hot, 200),
        ...noise(still, 200),
        ...noise(dead, 200),
        ...noise(twice, 200),
        ...noise(late, 200),
      ],
      [change(tenant, hlc(50, 1), hot, set(1, 'older')), change(tenant, hlc(300, 1), hot, set(2, 2))],
      [change(tenant, hlc(301, 1), hot, count(4)), change(tenant, hlc(302, 1), hot, toSet(10, 'b'))],
      [change(tenant, hlc(303, 1), hot, set(1, { '"field":1': '"delete"' }), set(2, 3))],
      [change(tenant, hlc(304, 1), dead, set(1, 'last')), change(tenant, hlc(305, 1), dead, remove)],
      [change(tenant, hlc(304, 2), twice, count(1)), change(tenant, hlc(306, 2), twice, remove)],
      // Of two deletes the one with the smaller id stays.
      [change(tenant, hlc(305, 2), twice, remove), change(tenant, hlc(306, 1), twice, set(1, 'too late'))],
      [change(tenant, hlc(300, 5), late, create), change(tenant, hlc(301, 5), late, set(2, 8))],
    ]
    for (const mutation of history) await append(storage(), tenant, mutation)
    const changes = history.flat()
    for (let at = 1; at <= changes.length; at++) {
      const images = await storage().images(tenant, rows, at)
      for (const [i, row] of rows.entries()) {
        const own = changes.slice(0, at).filter(({ key }) => key === row.key)
        const expected = own.reduce(apply, NOTHING)
        expect([at, row.key, text(normal(images[i]))]).toEqual([at, row.key, text(normal(expected))])
      }
    }
  })

  test('as many rows as fit into so many bytes, and one at least', async () => {
    const tenant = freshTenant()
    const rows = ['a', 'b', 'c', 'd'].map(film)
    const large = rows.map((row, i) => change(tenant, hlc(i), row, create, set(1, 'x'.repeat(10_000))))
    await append(storage(), tenant, large)
    const fit = (count: number, bytes: number) =>
      storage().view(tenant, view => {
        const ids = rows.slice(0, count).map(({ key }) => key)
        return view.fitting('Film', ids, bytes)
      })
    expect(await fit(4, 100_000)).toBe(4)
    expect(await fit(4, 25_000)).toBe(2)
    expect(await fit(4, 100)).toBe(1)
    expect(await fit(0, 100)).toBe(0)
  })

  test('the image of an edge outlives its ends', async () => {
    const tenant = freshTenant()
    const edge = tagging('a', 'x')
    const rows = [film('a'), tag('x')]
    await append(
      storage(),
      tenant,
      rows.map((row, i) => change(tenant, hlc(i), row, create)),
    )
    await append(storage(), tenant, [change(tenant, hlc(3), edge, link)])
    await append(storage(), tenant, [change(tenant, hlc(4), film('a'), remove)])
    const { images } = await storage().view(tenant, view => view.read(2, 1))
    expect(images.get(place(edge))?.cells[0]).toEqual({ kind: 'edge', tags: { [hlc(3)]: 1 } })
  })

  test('any history: loads are the merge, and images at every position are what they were', async () => {
    await fc.assert(
      fc.asyncProperty(histories, fc.boolean(), (history, parts) =>
        replay(storage(), freshTenant(), history, parts ? appendParts : append),
      ),
      {
        numRuns: 30,
        // Each run is a tenant in a database: shrinking would take minutes. The seed repeats it.
        endOnFailure: true,
      },
    )
  }, 60_000)
}

interface Move {
  readonly on: Address
  readonly kind: 'create' | 'delete' | 'write' | 'link' | 'unlink'
  /** Small and out of order: changes arrive late. */
  readonly ms: number
  readonly field: number
  readonly value: number
  /** Ends a mutation, ends a batch. */
  readonly last: boolean
  readonly cut: boolean
}

const places: readonly Address[] = [film('a'), film('b'), tag('x'), tagging('a', 'x'), tagging('b', 'x')]

const histories: fc.Arbitrary<readonly Move[]> = fc.array(
  fc.record({
    on: fc.constantFrom(...places),
    kind: fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom('create' as const, 'link' as const, 'write' as const) },
      { weight: 2, arbitrary: fc.constantFrom('write' as const, 'unlink' as const) },
      { weight: 1, arbitrary: fc.constant('delete' as const) },
    ),
    ms: fc.nat(9),
    field: fc.constantFrom(1, 2, 9, 10, 50),
    value: fc.nat(3),
    last: fc.boolean(),
    cut: fc.boolean(),
  }),
  { minLength: 1, maxLength: 24 },
)

/** Plays a history into the storage beside the plain merge, and compares whatever can be asked. */
async function replay(
  storage: Storage,
  tenant: string,
  moves: readonly Move[],
  add: typeof append,
): Promise<void> {
  let state: ReadonlyMap<string, Instance> = new Map()
  const images: ReadonlyMap<string, Instance>[] = [state]
  const ends = [0]
  let mutation: Change[] = []
  let batch: Change[][] = []
  for (const [i, move] of moves.entries()) {
    const one = change(
      tenant,
      hlc(move.ms, i),
      move.on,
      ...opsOf(move, images.at(-1)?.get(place(move.on)), i),
    )
    const last = move.last || i === moves.length - 1
    state = new Map(state).set(place(one), apply(state.get(place(one)) ?? NOTHING, one))
    images.push(state)
    mutation.push(one)
    if (!last) continue
    batch.push(mutation)
    mutation = []
    ends.push(i + 1)
    if (!move.cut && i < moves.length - 1) continue
    await add(storage, tenant, ...batch)
    batch = []
    const { instances } = await load(storage, tenant, { instances: places })
    expect(instances.map(normal).map(text)).toEqual(
      places.map(at => text(normal(state.get(place(at)) ?? NOTHING))),
    )
  }
  for (const after of ends) {
    for (const limit of [1, 3, 100]) {
      const chunk = await storage.view(tenant, view => view.read(after, limit))
      const { entries, seq, following } = await storage.entries(tenant, after, limit)
      expect([entries, seq]).toEqual([chunk.entries, chunk.seq])
      // It need not be known.
      expect([seq, ends.filter(end => end > seq && end <= seq + limit).at(-1)]).toContain(following)
      const touched = entries.map(entry => entry.change)
      const expected = touched.map(one => chunk.images.get(place(one)))
      expect((await storage.images(tenant, touched, seq)).map(normal)).toEqual(expected.map(normal))
      const fits = ends.filter(end => end > after && end <= after + limit)
      expect(chunk.seq).toBe(fits.at(-1) ?? ends.find(end => end > after) ?? after)
      expect(chunk.images.size).toBe(new Set(chunk.entries.map(entry => place(entry.change))).size)
      for (const [address, image] of chunk.images) {
        const expected = normal(images[chunk.seq]?.get(address))
        expect([after, limit, address, text(normal(image))]).toEqual([after, limit, address, text(expected)])
      }
    }
  }
}

function text(one: Instance | undefined): string {
  return canonical(one as unknown as Json)
}

function opsOf({ on, kind, field, value }: Move, known: Instance | undefined, i: number): readonly Op[] {
  const cell = known?.cells[0]
  const tags = cell?.kind === 'edge' ? Object.keys(cell.tags) : []
  if (on.entity === FILM_TAGS) {
    // Sometimes a tag that was never added, or will be later.
    if (kind === 'unlink' || kind === 'delete') return [unlink(...(tags.length ? tags : [hlc(value, i + 1)]))]
    return [link]
  }
  if (kind === 'delete') return [remove]
  // A bare create touches the same fields as a delete does.
  if (kind === 'create' && field === 50) return [create]
  const write: Op =
    field === 9
      ? { field, kind: 'counter', by: `${value - 1}` }
      : field === 10
        ? { field, kind: 'set', add: [`e${value}`], remove: [] }
        : set(field, value === 0 ? null : field === 1 ? `t${value}` : value)
  return kind === 'create' || kind === 'link' ? [create, write] : [write]
}
