import { expect, test } from 'vitest'
import { createClock, hlcOf } from '../change/clock.ts'
import { NOTHING } from '../change/instance.ts'
import { catalog } from '../ir/catalog.ts'
import { filmModel } from '../ir/film.fixture.ts'
import { canonical, type Json } from '../json.ts'
import { createAuthor } from './author.ts'
import { createOverlay } from './overlay.ts'

test('a change is stamped above the clocks it overwrites, also those of a device that is ahead', () => {
  const overlay = createOverlay(catalog(filmModel))
  const address = { entity: 1, key: 'film_a' }
  const ahead = hlcOf({ ms: 9_000, counter: 3, replica: 1n })
  const row = {
    born: ahead,
    dead: null,
    cells: { 1: { kind: 'register', at: ahead, value: 'theirs' } },
  } as const
  const needs = { instances: [address], inbound: [], claims: [], stamps: [] }
  overlay.fill(needs, { instances: [row], inbound: [], claims: [], stamps: [] })
  const draft = overlay.draft()
  const { stamp } = createClock({ now: () => 1_000, replica: 7n })
  const author = createAuthor(
    { tenant: 't', schema: 's', by: 'b', client: 'c', n: 0, base: null, stamp },
    draft,
  )
  author.write(address, [{ field: 1, kind: 'register', value: 'ours' }], { at: ['0'], own: true })
  expect((author.written[0]?.change.id ?? '') > ahead).toBe(true)
  expect(draft.instance(address).cells[1]).toMatchObject({ value: 'ours' })
  expect(author.written[0]?.before?.cells[1]).toMatchObject({ value: 'theirs' })
})

test('a mutation is measured by its canonical form, to the byte, whatever its texts are made of', () => {
  const address = { entity: 1, key: 'film_a' }
  for (const value of ['\u0001', '"', '\ud83d\ude00', '\u20ac', 'a']) {
    const overlay = createOverlay(catalog(filmModel))
    overlay.fill(
      { instances: [address], inbound: [], claims: [], stamps: [] },
      { instances: [NOTHING], inbound: [], claims: [], stamps: [] },
    )
    const { stamp } = createClock({ now: () => 1_000, replica: 7n })
    const authorship = { tenant: 't', schema: 's', by: 'b', client: 'c', n: 0, base: null, stamp }
    const author = createAuthor(authorship, overlay.draft())
    let bytes = 0
    for (let i = 0; i < 3; i++) {
      const ops = [
        { field: 1, kind: 'register', value: { [value]: [value.repeat(1_000), i, null] } } as const,
      ]
      author.write(address, ops, { at: ['0'], own: true })
      const change = author.written[i]?.change
      bytes += new TextEncoder().encode(canonical(change as unknown as Json)).length
      expect([author.exceeds(bytes - 1), author.exceeds(bytes)]).toEqual([true, false])
    }
  }
})
