import { expect, test } from 'vitest'
import { filmModel } from './film.fixture.ts'
import { modelHash } from './hash.ts'
import { entity, field, modelOf } from './model.fixture.ts'

const small = modelOf(entity('Film', [field('title')]))

test('golden: every change in the log names this hash, so it must never come out differently', () => {
  expect(modelHash(small)).toBe('24094e26398ba2c326fa20bb0c591547344e56f4c1d57c97cbe8b8e393d6f92d')
})

test('the order of members in the JSON does not matter, the order of fields does', () => {
  const reversed = Object.fromEntries(Object.entries(filmModel).reverse()) as unknown as typeof filmModel
  expect(Object.keys(reversed)).not.toEqual(Object.keys(filmModel))
  expect(modelHash(reversed)).toBe(modelHash(filmModel))
  expect(modelHash({ ...filmModel, entities: [...filmModel.entities].reverse() })).not.toBe(
    modelHash(filmModel),
  )
})

test('survives JSON', () => {
  expect(modelHash(JSON.parse(JSON.stringify(filmModel)))).toBe(modelHash(filmModel))
})
