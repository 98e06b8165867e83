import { BLANK_TEXT, type TextContent } from '@zg/core/change/kinds/text'
import type { StoredText, TextAddress } from '@zg/core/ports/storage'
import type { TextWork } from '@zg/core/ports/textWork'

/** Units of plain text, and bytes of state, that opened texts may hold together before the oldest are forgotten. */
const CACHE_LIMIT = 16 * 2 ** 20

/** Opens stored texts, each state of a text once. */
export interface Texts {
  /** In the order asked. A text that cannot be opened reads as its last fold did. */
  open(tenant: string, texts: readonly (TextAddress & StoredText)[]): Promise<readonly TextContent[]>
}

export function createTexts(work: TextWork): Texts {
  const cache = new Map<string, TextContent>()
  let size = 0

  const keep = (key: string, content: TextContent): void => {
    cache.set(key, content)
    size += sizeOf(content)
    for (const [oldest, old] of cache) {
      if (size <= CACHE_LIMIT) break
      cache.delete(oldest)
      size -= sizeOf(old)
    }
  }

  return {
    open: async (tenant, texts) => {
      const keys = texts.map(({ entity, key, field, seq }) =>
        JSON.stringify([tenant, entity, key, field, seq]),
      )
      const known = texts.map((text, i): TextContent | undefined => ready(text) ?? cache.get(keys[i] ?? ''))
      const missing = texts.flatMap((text, i) => (known[i] ? [] : [{ text, i }]))
      if (missing.length) {
        const opened = await work.read(missing.map(({ text }) => text.source))
        missing.forEach(({ text, i }, n) => {
          const content = opened[n]
          // Admitted updates open; should one not, what was folded before is the best there is.
          known[i] = content ?? { plain: '', state: text.source.state ?? BLANK_TEXT.state }
          if (content) keep(keys[i] ?? '', content)
        })
      }
      return known.map(content => content ?? BLANK_TEXT)
    },
  }
}

/** Nothing came behind the fold. */
function ready({ plain, source }: StoredText): TextContent | undefined {
  return plain === null ? undefined : { plain, state: source.state ?? BLANK_TEXT.state }
}

function sizeOf({ plain, state }: TextContent): number {
  return plain.length + state.length
}
