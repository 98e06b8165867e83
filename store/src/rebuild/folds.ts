import { BLANK_TEXT, type TextContent } from '@zg/core/change/kinds/text'
import { readText } from '@zg/core/change/text'
import type { Fold } from '@zg/core/ports/storage'
import type { Session } from '../session.ts'
import type { Layout } from '../tables/layout.ts'
import { KEPT_EVERY, saveFolds } from '../text/save.ts'
import { keptUpdates } from './texts.ts'

/** Folds that are saved at once. */
const ROUND = 200

/**
 * Opens and folds all texts of a tenant: one fold for each 64 kB of updates, and the newest, which the tables show. A text that cannot be
 * opened stays on the list of those due.
 */
export async function foldAll(session: Session, layout: Layout, tenant: string): Promise<void> {
  let round = new Map<string, Fold>()
  const save = async (): Promise<void> => {
    await saveFolds(session, layout, tenant, [...round.values()])
    round = new Map()
  }
  for await (const fold of foldsOf(session, tenant)) {
    const text = `${fold.entity}/${fold.key}/${fold.field}`
    // The newest of a text is saved last.
    if (round.has(text) || round.size >= ROUND) await save()
    round.set(text, fold)
  }
  await save()
}

async function* foldsOf(session: Session, tenant: string): AsyncGenerator<Fold, void, void> {
  let open = OPENED
  for await (const { entity, key, field, seq, update, isFirst, isLast } of keptUpdates(session, tenant)) {
    if (isFirst) open = OPENED
    const bytes = open.bytes + update.length
    if (open.behind.length && stretchOf(bytes) !== stretchOf(open.bytes)) {
      open = fold(open)
      if (open.content) yield { entity, key, field, seq: open.seq, bytes: open.bytes, ...open.content }
    }
    open = { ...open, seq, bytes, behind: [...open.behind, update] }
    if (!isLast) continue
    open = fold(open)
    if (open.content) yield { entity, key, field, seq, bytes, ...open.content }
  }
}

/** A text up to some update. */
interface Open {
  /** As last folded; null: it cannot be opened. */
  readonly content: TextContent | null
  readonly behind: readonly Uint8Array[]
  readonly seq: number
  readonly bytes: number
}

const OPENED: Open = { content: BLANK_TEXT, behind: [], seq: 0, bytes: 0 }

function fold(open: Open): Open {
  if (!open.content) return open
  try {
    const content = readText({ state: open.content.state, updates: open.behind })
    return { ...open, content, behind: [] }
  } catch {
    return { ...open, content: null, behind: [] }
  }
}

function stretchOf(bytes: number): number {
  return Math.floor(bytes / KEPT_EVERY)
}
