import type { Catalog } from '@zg/core/ir/catalog'
import type { ResetReason } from '@zg/core/ports/feed'
import type { View } from '@zg/core/ports/storage'
import { ProblemError, problem } from '@zg/core/problem'
import { idsAt, touchesPast, touchOf } from './across.ts'
import { transitions } from './images.ts'
import { type Part, withIds } from './parts.ts'

export interface Beginning {
  /** Null: at the head. */
  readonly seq: number | null
  readonly view: View
  readonly cap: number
  readonly gap: number
}

export type Begun =
  | { readonly kind: 'begun'; readonly parts: readonly Part[]; readonly at: number }
  | { readonly kind: 'reset'; readonly reason: ResetReason; readonly at: number }

/**
 * The shapes as they were at a position. What a shape across relations held is known only if nothing that it looks at has
 * changed since: then it is what it holds now, without the rows made since. Throws `SHAPE_TOO_LARGE` for one that holds too much
 * from the start: starting over would not help.
 */
export async function begin(
  catalog: Catalog,
  parts: readonly Part[],
  { seq, view, cap, gap }: Beginning,
): Promise<Begun> {
  const at = seq ?? view.head
  const begun: Part[] = []
  for (const [i, part] of parts.entries()) {
    if (!part.across) {
      begun.push(part)
      continue
    }
    const fresh = part.loaded.kind === 'nothing' || seq === null
    const young = fresh ? new Set<string>() : await madeSince(catalog, part, at, view, gap)
    if (!young) return { kind: 'reset', reason: 'GAP', at: view.head }
    const all = fresh ? { ...part, loaded: { kind: 'whole' } as const } : part
    const ids = await idsAt(all, view, cap + young.size)
    if (!ids && !fresh) return { kind: 'reset', reason: 'TOO_LARGE', at: view.head }
    if (!ids) throw new ProblemError([tooLarge(i, cap)])
    const then = part.loaded.kind === 'nothing' ? [] : [...ids].filter(id => !young.has(id))
    begun.push(withIds(part, new Set(then)))
  }
  return { kind: 'begun', parts: begun, at }
}

/** The shape's rows made since a position. Null: something else happened that it looks at, or too much to look through. */
async function madeSince(
  catalog: Catalog,
  { shape, across }: Part,
  after: number,
  view: View,
  gap: number,
): Promise<ReadonlySet<string> | null> {
  const made = new Set<string>()
  if (!across || view.head - after > gap) return null
  let at = after
  while (at < view.head) {
    const chunk = await view.read(at, PIECE)
    const touch = touchOf(catalog, across.reads, chunk)
    if (touch && touchesPast(across.reads, touch)) return null
    for (const { entity, id, from } of transitions(catalog, chunk)) {
      if (entity === shape.entity && from === null) made.add(id)
    }
    at = chunk.seq
  }
  return made
}

const PIECE = 1_000

function tooLarge(shape: number, cap: number) {
  const message = `A shape across relations holds ${cap} rows at most; narrow its filter, or filter on own fields only`
  return problem('SHAPE_TOO_LARGE', ['shapes', String(shape)], message)
}
