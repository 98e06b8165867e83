/** Spelling: the words of a name, their casings and their plurals. Only core/ir/names decides with it. */

/**
 * Splits a name into lower-case words: `BlogPost`, `blogPost`, `blog_post` and `blog-post` give `blog`, `post`;
 * `HTMLPage` gives `html`, `page`. Digits stay with the word they follow.
 *
 * @internal for its test
 */
export function words(name: string): readonly string[] {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1 $2')
    .split(/[^A-Za-z0-9]+/)
    .filter(word => word !== '')
    .map(word => word.toLowerCase())
}

/** `blog_post` */
export function snake(name: string): string {
  return words(name).join('_')
}

/** `blog-post` */
export function kebab(name: string): string {
  return words(name).join('-')
}

/** `blogPost`; a name that already is camelCase stays as it is, acronyms included (`posterURL`). */
export function camel(name: string): string {
  if (/^[a-z][A-Za-z0-9]*$/.test(name)) return name
  const [first = '', ...rest] = words(name)
  return first + rest.map(capital).join('')
}

/** `BlogPost`; a name that already is PascalCase stays as it is (`HTMLPage`). */
export function pascal(name: string): string {
  return /^[A-Z][A-Za-z0-9]*$/.test(name) ? name : words(name).map(capital).join('')
}

/** The first letter in upper case, the rest untouched. */
export function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1)
}

/**
 * The plural of a camelCase name, by its last word: `blogPost` gives `blogPosts`. Null when it has none of its
 * own (`news`, `settings`).
 */
export function plural(name: string): string | null {
  const last = words(name).at(-1) ?? name
  const many = pluralOfWord(last)
  if (many === null) return null
  const start = name.length - last.length
  return name.slice(0, start) + (start > 0 ? capital(many) : many)
}

function pluralOfWord(word: string): string | null {
  if (UNCOUNTABLE.has(word) || /(ings|ics)$/.test(word)) return null
  const irregular = IRREGULAR.get(word)
  if (irregular !== undefined) return irregular
  for (const [ending, replacement] of RULES) {
    if (ending.test(word)) return word.replace(ending, replacement)
  }
  return `${word}s`
}

/** The first that matches. */
const RULES: readonly (readonly [RegExp, string])[] = [
  [/([^aeiou])y$/, '$1ies'],
  [/sis$/, 'ses'],
  [/(s|x|z|ch|sh)$/, '$1es'],
  [/^(hal|cal|el|lea|loa|scar|sel|shel|thie|wol)f$/, '$1ves'],
  [/^(kni|li|wi)fe$/, '$1ves'],
]

/** A map: `constructor` is a word too. */
const IRREGULAR: ReadonlyMap<string, string> = new Map([
  ['child', 'children'],
  ['criterion', 'criteria'],
  ['echo', 'echoes'],
  ['foot', 'feet'],
  ['goose', 'geese'],
  ['hero', 'heroes'],
  ['man', 'men'],
  ['matrix', 'matrices'],
  ['mouse', 'mice'],
  ['ox', 'oxen'],
  ['person', 'people'],
  ['phenomenon', 'phenomena'],
  ['potato', 'potatoes'],
  ['quiz', 'quizzes'],
  ['stomach', 'stomachs'],
  ['tomato', 'tomatoes'],
  ['tooth', 'teeth'],
  ['vertex', 'vertices'],
  ['veto', 'vetoes'],
  ['woman', 'women'],
])

const UNCOUNTABLE: ReadonlySet<string> = new Set(
  (
    'advice aircraft bison cattle data deer equipment evidence feedback fish furniture goods hardware homework ' +
    'information knowledge luggage media metadata money moose music news people police research rice salmon ' +
    'series sheep shrimp software species staff traffic trout weather'
  ).split(' '),
)
