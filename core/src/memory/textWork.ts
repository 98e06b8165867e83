import type { TextContent, TextSource } from '../change/kinds/text.ts'
import { openText, readText, reviseText } from '../change/text.ts'
import type { TextWork } from '../ports/textWork.ts'

/** Texts opened on the spot: for simulators and replicas that believe what they hold. */
export function inlineTextWork(): TextWork {
  return {
    read: async sources => sources.map(readable),
    admit: async ({ updates, plain, load }) => openText((await load(null)).source).admit(updates, plain),
    revise: async (source, value, client) => reviseText(source, value, client),
    close: async () => {},
  }
}

/** Null for a text that cannot be opened. */
export function readable(source: TextSource): TextContent | null {
  try {
    return readText(source)
  } catch {
    return null
  }
}
