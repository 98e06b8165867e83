import type { EntityView } from '@zg/core'

/** A way to name a row by what it says. */
export interface Key {
  readonly on: readonly string[]
  /** Its id is made of it. */
  readonly natural: boolean
}

/** What at most one row may say: one-to-ones, then unique indexes. */
export function uniqueKeys({ ir: { fields, indexes } }: EntityView): readonly Key[] {
  const single = fields.flatMap(({ name, type }) => (type.kind === 'ref' && type.unique ? [[name]] : []))
  const lists = [...single, ...indexes.filter(({ unique }) => unique).map(({ on }) => on)]
  return lists.map(on => ({ on, natural: false }))
}

export function allKeys(entity: EntityView): readonly Key[] {
  const { key } = entity.ir
  return [...(key.length ? [{ on: key, natural: true }] : []), ...uniqueKeys(entity)]
}
