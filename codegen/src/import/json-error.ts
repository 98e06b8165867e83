/**
 * Where text stops being JSON, as an offset: JSON.parse does not always say. Linear. For text that is JSON it
 * answers its length.
 */
export function errorOffset(text: string): number {
  const open: string[] = []
  let offset = 0
  let expected: Expected = 'value'
  for (;;) {
    SPACE.lastIndex = offset
    SPACE.test(text)
    offset = SPACE.lastIndex
    TOKEN.lastIndex = offset
    const token = TOKEN.exec(text)?.[0]
    const next: Expected | null = token === undefined ? null : follow(expected, token, open)
    if (token === undefined || next === null) return offset
    offset += token.length
    expected = next
  }
}

/** What may come next. `first…` also allows the closing bracket of an empty list or object. */
type Expected = 'value' | 'firstValue' | 'key' | 'firstKey' | 'colon' | 'more'

const SPACE = /[ \t\n\r]*/y
// JSON forbids control characters in strings.
const TEXT = String.raw`"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"`
const NUMBER = String.raw`-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?`
const TOKEN = new RegExp(String.raw`[{}[\]:,]|true|false|null|${NUMBER}|${TEXT}`, 'y')

function follow(expected: Expected, token: string, open: string[]): Expected | null {
  switch (expected) {
    case 'colon':
      return token === ':' ? 'value' : null
    case 'key':
      return token.startsWith('"') ? 'colon' : null
    case 'firstKey':
      if (token === '}') return close(open)
      return token.startsWith('"') ? 'colon' : null
    case 'more':
      return afterValue(token, open)
    case 'firstValue':
      if (token === ']') return close(open)
      return value(token, open)
    case 'value':
      return value(token, open)
  }
}

function value(token: string, open: string[]): Expected | null {
  if ('}]:,'.includes(token)) return null
  if (token !== '{' && token !== '[') return 'more'
  open.push(token)
  return token === '{' ? 'firstKey' : 'firstValue'
}

function afterValue(token: string, open: string[]): Expected | null {
  const inside = open.at(-1)
  if (inside === undefined) return null
  if (token === ',') return inside === '{' ? 'key' : 'value'
  return token === (inside === '{' ? '}' : ']') ? close(open) : null
}

function close(open: string[]): Expected {
  open.pop()
  return 'more'
}
