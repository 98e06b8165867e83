import { NOTHING } from '@zg/core/change/instance'
import { apply, beforeOf } from '@zg/core/change/merge'
import { change, create, film, hlc, place, remove, set } from '@zg/core/ports/appending.suite'
import type { Entry } from '@zg/core/ports/storage'
import { expect, test } from 'vitest'
import { startsOf } from './images.ts'

test('the images at the start of a chunk are those at its end, taken back newest first', () => {
  const [old, young] = [film('old'), film('young')]
  const born = apply(NOTHING, change('t', hlc(1), old, create, set(1, 'one'), set(2, 1)))
  const images = new Map([
    [place(old), born],
    [place(young), NOTHING],
  ])
  const changes = [
    change('t', hlc(2), old, set(1, 'two')),
    change('t', hlc(3), young, create, set(1, 'new')),
    change('t', hlc(4), old, set(1, 'three'), set(2, 2)),
    change('t', hlc(5), young, set(1, 'newer')),
    change('t', hlc(6), old, set(1, 'four')),
    change('t', hlc(7), old, remove),
  ]
  const entries = changes.map((one, i): Entry => {
    const image = images.get(place(one)) ?? NOTHING
    images.set(place(one), apply(image, one))
    return { seq: i + 2, change: one, before: beforeOf(image, one), last: true }
  })
  const starts = startsOf({ entries, images, seq: 7, head: 7 })
  expect(starts.get(place(old))).toEqual(born)
  // Nothing is said of what the chunk gave birth to.
  expect(starts.has(place(young))).toBe(false)
})
