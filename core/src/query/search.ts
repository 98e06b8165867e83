import { isList } from '../json.ts'
import type { Order, Row } from './query.ts'

/** Best first: what an order by relevance begins with. No field is called so. */
export const RANK: Order = { path: ['$rank'], direction: 'desc' }

export function isRank({ path }: Pick<Order, 'path'>): boolean {
  return path.length === 1 && path[0] === '$rank'
}

/** A search is at most this long, in UTF-16 code units. */
export const SEARCH_LIMIT = 1_000
/** Of what is searched in a row, the first so many characters count; Postgres cannot index much more. */
export const SEARCHED_LENGTH = 100_000

/**
 * What to look for, after the manner of web search: `star wars` both words, `star or wars` either, `"star wars"` one
 * behind the other, `-wars` without it; capitals do not matter. The last word may be the beginning of one, if it is
 * letters and digits only. Readers agree on which rows match as far as words are letters and digits; how they rank
 * them, and how they take hyphens, addresses and the like apart, is their own.
 */
export interface Search {
  /** The whole of it, or what stands before `prefix`. */
  readonly text: string
  /** The beginning of a word that is also wanted; null if the last is a whole one. */
  readonly prefix: string | null
}

export function parseSearch(text: string): Search {
  const whole: Search = { text, prefix: null }
  // An open quotation or a negation says something else about the last word than that it is wanted.
  const parts = /^([^"]*?)([\p{L}\p{N}]+)$/u.exec(text)
  if (!parts) return whole
  const [, head = '', last = ''] = parts
  if (head !== '' && !/\s$/.test(head)) return whole
  if (/(^|\s)or\s+$/i.test(head) || /^or$/i.test(last)) return whole
  // `a or b c` wants b and c together: cut off, c would be wanted with a as well.
  return /(^|\s)or\s/i.test(head) ? whole : { text: head, prefix: last }
}

/** Whether a row matches, and how well: the more often the words occur, the better. For rows in memory. */
export interface Searcher {
  matches(row: Row): boolean
  rank(row: Row): number
}

export function searcher(fields: readonly string[], text: string): Searcher {
  const { text: words, prefix } = parseSearch(text)
  const alternatives = parseWeb(words)
  const starts = prefix === null ? [] : wordsOf(prefix)
  const matches = (row: Row): boolean => {
    const document = documentOf(fields, row)
    if (!starts.every(start => document.some(word => word.startsWith(start)))) return false
    if (!alternatives.length) return starts.length > 0
    return alternatives.some(terms =>
      terms.every(({ phrase, wanted }) => occurrences(document, phrase) > 0 === wanted),
    )
  }
  const rank = (row: Row): number => {
    const document = documentOf(fields, row)
    const terms = alternatives.flat().filter(({ wanted }) => wanted)
    const found = terms.reduce((sum, { phrase }) => sum + occurrences(document, phrase), 0)
    return found + document.filter(word => starts.some(start => word.startsWith(start))).length
  }
  return { matches, rank }
}

interface Term {
  readonly phrase: readonly string[]
  readonly wanted: boolean
}

function parseWeb(text: string): readonly (readonly Term[])[] {
  const alternatives: Term[][] = [[]]
  for (const [token] of text.matchAll(/-?"[^"]*"?|\S+/g)) {
    if (/^or$/i.test(token)) {
      alternatives.push([])
      continue
    }
    const phrase = wordsOf(token)
    if (phrase.length) alternatives.at(-1)?.push({ phrase, wanted: !token.startsWith('-') })
  }
  return alternatives.filter(terms => terms.length)
}

function wordsOf(text: string): readonly string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []
}

function documentOf(fields: readonly string[], row: Row): readonly string[] {
  const texts = fields.map(field => row[field] ?? null).filter(value => value !== null && !isList(value))
  return wordsOf(texts.join(' ').slice(0, SEARCHED_LENGTH))
}

function occurrences(document: readonly string[], phrase: readonly string[]): number {
  return document.filter((_, at) => phrase.every((word, i) => document[at + i] === word)).length
}
