import { expect, test } from 'vitest'
import { createClock, hlcOf } from '../change/clock.ts'
import { catalog } from '../ir/catalog.ts'
import { filmModel } from '../ir/film.fixture.ts'
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
