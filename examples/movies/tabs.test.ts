import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { keyId } from '@zg/core/change/id'
import { sdl } from '@zg/schema-builder/schema'
import { buildSchema, parse, validate } from 'graphql'
import { describe, expect, test } from 'vitest'
import schema from './schema.ts'

const folder = join(import.meta.dirname, 'tabs')
const tabs = readdirSync(folder).map(name => ({ name, text: readFileSync(join(folder, name), 'utf8') }))

describe('the tabs that GraphiQL opens with', () => {
  test('are five', () => {
    expect(tabs.map(({ name }) => name).toSorted()).toEqual([
      '1-nested-query.graphql',
      '2-filter.graphql',
      '3-mutation.graphql',
      '4-live-query.graphql',
      '5-feed.graphql',
    ])
  })

  test.each(tabs)('$name is valid', ({ text }) => {
    expect(validate(buildSchema(sdl(schema.ir)), parse(text))).toEqual([])
  })

  test('name a film and a genre that are there', () => {
    const all = tabs.map(({ text }) => text).join()
    expect(all).toContain(keyId('movie', ['Alien', '1979-05-25']))
    expect(all).toContain('genre: { name: { eq: "Horror" } }')
  })
})
