import { ANONYMOUS, MAIN, type Scope } from '@zg/core/ports/scope'
import { entity, f, model } from '@zg/schema-builder'

const Note = entity({ id: f.id(), title: f.string(), body: f.string(), stars: f.int() })

/** What `append` writes: rows of one small entity. */
export const { ir } = model({ open: true, entities: { Note } }).define()

export function scopeOf(tenant: string = MAIN): Scope {
  return { tenant, principal: ANONYMOUS }
}

/** One row to be created. */
export interface Note {
  readonly id: string
  readonly title: string
  readonly body: string
  readonly stars: number
}

/** Different each time, of equal size. */
export function note(id: string, n: number): Note {
  const title = `Note ${String(n).padStart(9, '0')}`
  return { id, title, body: `${title} says what a sentence of middling length would say.`, stars: n % 5 }
}
