import type { Fold, Storage, TextAddress } from '@zg/core/ports/storage'
import type { TextWork } from '@zg/core/ports/textWork'
import type { Host } from '../writer/host.ts'

/** Whoever types makes many updates; they are folded together after this pause, in ms. */
const PAUSE = 100
/** Texts opened at once. */
const ROUND = 200

/** Folds texts in the background, so that tables show them and reads start from near the end. */
export interface Folder {
  /** These texts have grown. */
  note(tenant: string, texts: readonly TextAddress[]): void
  /** Takes up what other gateways, or this one before, have left. */
  catchUp(): Promise<void>
  /** Resolves when nothing is left to fold. */
  idle(): Promise<void>
  close(): Promise<void>
}

export interface FolderOptions {
  readonly storage: Pick<Storage, 'texts' | 'unfolded'>
  readonly work: TextWork
  readonly host: Pick<Host, 'sleep'>
  /** Saves folds under the tenant's lock; the writer loop does. */
  readonly save: (tenant: string, folds: readonly Fold[]) => Promise<void>
  /** Folds have been saved: what reads plain texts from tables may look again. Must not throw. */
  readonly onFolded: (tenant: string, folds: readonly Fold[]) => void
}

/**
 * A fold that fails (the database is away) is dropped: the text stays on the list of those due, reads open its
 * updates, and its next one folds it again.
 */
export function createFolder({ storage, work, host, save, onFolded }: FolderOptions): Folder {
  const due = new Map<string, Map<string, TextAddress>>()
  const end = new AbortController()
  let running: Promise<void> | null = null

  const run = async (): Promise<void> => {
    while (due.size > 0 && !end.signal.aborted) {
      await host.sleep(PAUSE, end.signal)
      if (end.signal.aborted) break
      for (const [tenant, texts] of take()) await foldAll(tenant, texts).catch(() => {})
    }
    running = null
  }

  const take = (): readonly (readonly [string, readonly TextAddress[]])[] => {
    const taken = [...due].map(([tenant, texts]) => [tenant, [...texts.values()]] as const)
    due.clear()
    return taken
  }

  const foldAll = async (tenant: string, texts: readonly TextAddress[]): Promise<void> => {
    for (let from = 0; from < texts.length && !end.signal.aborted; from += ROUND) {
      const folds = await opened(tenant, texts.slice(from, from + ROUND))
      if (!folds.length || end.signal.aborted) continue
      await save(tenant, folds)
      onFolded(tenant, folds)
    }
  }

  const opened = async (tenant: string, texts: readonly TextAddress[]): Promise<readonly Fold[]> => {
    const stored = await storage.texts(
      tenant,
      texts.map(text => ({ ...text, at: null })),
    )
    const grown = texts.flatMap((text, i) => {
      const found = stored[i]
      return found && found.plain === null ? [{ text, found }] : []
    })
    if (!grown.length) return []
    const contents = await work.read(grown.map(({ found }) => found.source))
    return grown.flatMap(({ text: { entity, key, field }, found: { seq, bytes } }, i) => {
      const content = contents[i]
      return content ? [{ entity, key, field, seq, bytes, ...content }] : []
    })
  }

  const note = (tenant: string, texts: readonly TextAddress[]): void => {
    if (end.signal.aborted || texts.length === 0) return
    const own = due.get(tenant) ?? new Map<string, TextAddress>()
    due.set(tenant, own)
    for (const { entity, key, field } of texts) own.set(`${entity}/${key}/${field}`, { entity, key, field })
    running ??= run()
  }

  return {
    note,
    catchUp: async () => {
      for (const { tenant, ...text } of await storage.unfolded()) note(tenant, [text])
    },
    idle: async () => {
      while (running !== null) await running
    },
    close: async () => {
      end.abort()
      await running
    },
  }
}
