import { filmModel } from '@zg/core/ir/film.fixture'
import { modelHash } from '@zg/core/ir/hash'
import { buildSchema } from 'graphql'
import { expect, test } from 'vitest'
import { generate } from './generator.ts'

test('writes the SDL with a word on where it comes from', async () => {
  const [file, ...others] = await generate(filmModel)
  expect(others).toEqual([])
  expect(file?.path).toBe('schema.graphql')
  expect(file?.text).toMatch(/^# Generated .*Do not edit/)
  expect(file?.text).toContain(modelHash(filmModel))
  expect(file?.text).toMatch(/[^\n]\n$/)
  const schema = buildSchema(file?.text ?? '')
  expect(Object.keys(schema.getQueryType()!.getFields())).toContain('films')
  expect(Object.keys(schema.getMutationType()!.getFields())).toContain('createFilm')
})

test('equal models give equal texts, other models others', async () => {
  expect(await generate(structuredClone(filmModel))).toEqual(await generate(filmModel))
  const fewer = { ...filmModel, entities: filmModel.entities.filter(({ name }) => name !== 'Poster') }
  const film = fewer.entities.map(entity =>
    entity.name === 'Film'
      ? { ...entity, inverses: entity.inverses.filter(({ name }) => name !== 'poster') }
      : entity,
  )
  expect(await generate({ ...fewer, entities: film })).not.toEqual(await generate(filmModel))
})
