import {
  both,
  type Check,
  isPlain,
  json,
  list,
  oneOf,
  only,
  orNull,
  passed,
  record,
  refuse,
  text,
  words,
} from '../change/check.ts'
import type { Problem } from '../problem.ts'
import type { Act } from './act.ts'
import { printable } from './printable.ts'

/** As deep as a change's values. */
const DEPTH = 32
/** Names and ids are shorter; which there are, `checkActs` knows. */
const NAME = 1_024

/**
 * Acts from outside, checked to the last member; `BAD_ACT` and the path to what is wrong. What the names and values
 * may be is `checkActs`' matter. O(size).
 */
export function parseActs(value: unknown): readonly Act[] | Problem {
  const found = list(act)(value, [])
  if (!found) return value as readonly Act[]
  return { code: 'BAD_ACT', message: printable(found.message), path: found.path.map(printable) }
}

const flag = only(value => value === true, 'must be true, or left out')
const values = list(json(DEPTH))
const position = record({ log: text(NAME), seqs: members(only(Number.isSafeInteger, 'must be an integer')) })

/** Nobody from outside says of an update that it was admitted. */
const FIELDS: { readonly [kind: string]: Check } = {
  set: record({ kind: passed, value: json(DEPTH) }),
  increment: record({ kind: passed, by: words }),
  alter: record({ kind: passed, add: values, remove: values }),
  assign: record({
    kind: passed,
    set: list(record({ path: words, value: json(DEPTH) })),
    remove: list(words),
  }),
  replace: record({
    kind: passed,
    value: words,
    base: orNull(position),
  }),
  text: record({ kind: passed, update: words }),
}

const given = record({
  entity: text(NAME),
  key: members(json(DEPTH)),
  there: only(value => typeof value === 'boolean', 'must be a boolean'),
  id: text(NAME),
})
const named = { kind: passed, entity: text(NAME), id: text(NAME) }
const fields = members(oneOf(FIELDS))

const act = oneOf({
  create: record({ ...named, fields }, { given, generated: flag, authored: list(text(NAME)) }),
  update: record({ ...named, fields }, { given }),
  delete: record(named, { given, force: flag }),
})

/** An object of any members, each of which passes. */
function members(item: Check): Check {
  return both(only(isPlain, 'must be an object'), (value, path) => {
    for (const [name, member] of Object.entries(value as object)) {
      if (name === '__proto__') return refuse([...path, name], 'is not a legal member name')
      const found = item(member, [...path, name])
      if (found) return found
    }
    return null
  })
}
