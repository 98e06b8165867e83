import type { EntityView } from '../ir/catalog.ts'
import type { Json } from '../json.ts'
import type { Act, FieldAct } from './act.ts'
import { type Defaults, defaultOf } from './checks.ts'

type Create = Extract<Act, { kind: 'create' }>

/**
 * A create with what the model's functions make for the fields it leaves out. Whoever writes the act calls this,
 * once: the functions may ask for the time or for chance, and what they made must not change any more.
 * What a function throws is thrown.
 */
export function authored(entity: EntityView, defaults: Defaults, act: Create): Create {
  const made: [string, FieldAct][] = []
  for (const field of entity.ir.fields) {
    const make = field.authored ? defaultOf(defaults, entity.name, field.name) : undefined
    if (!make || Object.hasOwn(act.fields, field.name)) continue
    made.push([field.name, { kind: 'set', value: make() as Json }])
  }
  if (!made.length) return act
  return {
    ...act,
    fields: { ...act.fields, ...Object.fromEntries(made) },
    authored: made.map(([name]) => name),
  }
}
