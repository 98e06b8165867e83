/** A date format such as `MMM D YYYY`, ready to read text with. MAPPING.md lists the tokens. */
export interface DateFormat {
  /** The text as `YYYY-MM-DD`, or `YYYY-MM-DDTHH:mm:ss.000Z` if the format has a time; null if it does not fit. */
  read(text: string): ReadDate | null
}

export interface ReadDate {
  readonly text: string
  /** The year came as four digits, but in a later century than `latest` allows. */
  readonly moved: boolean
}

type Token = keyof typeof PATTERNS

const PATTERNS = {
  YYYY: '(\\d{4})',
  YY: '(\\d{2})',
  MMM: '([A-Za-z]{3})',
  MM: '(\\d{2})',
  M: '(\\d{1,2})',
  DD: '(\\d{2})',
  D: '(\\d{1,2})',
  HH: '(\\d{2})',
  mm: '(\\d{2})',
  ss: '(\\d{2})',
} as const

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']

/**
 * Compiles a format. `latest` (`YYYY-MM-DD`) is the last day the data can know: two-digit years get the latest
 * century that keeps to it, four-digit years beyond it were put into the wrong century and go back by a hundred
 * years (`moved`). Returns what is wrong with the format as text.
 */
export function dateFormat(format: string, latest: string | null): DateFormat | string {
  const tokens: Token[] = []
  const source = format.replace(/YYYY|YY|MMM|MM|M|DD|D|HH|mm|ss|[\s\S]/g, part => {
    if (!Object.hasOwn(PATTERNS, part)) return part.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')
    tokens.push(part as Token)
    return PATTERNS[part as Token]
  })
  if (new Set(tokens.map(kindOf)).size !== tokens.length) return 'names the same part of a date twice'
  for (const part of ['Y', 'M', 'D']) {
    if (!tokens.some(token => kindOf(token) === part))
      return 'needs a year (YYYY or YY), a month (MMM, MM or M) and a day (DD or D)'
  }
  if (tokens.includes('YY') && latest === null)
    return 'has a two-digit year, so it needs "latest" to tell the century'
  const pattern = new RegExp(`^${source}$`)
  return { read: text => read(pattern, tokens, latest, text) }
}

function kindOf(token: Token): string {
  return token.slice(0, 1)
}

function read(
  pattern: RegExp,
  tokens: readonly Token[],
  latest: string | null,
  text: string,
): ReadDate | null {
  const match = pattern.exec(text)
  if (!match) return null
  const parts = new Map(tokens.map((token, i) => [kindOf(token), match[i + 1] ?? '']))
  const month = monthOf(parts.get('M') ?? '')
  const rest = `-${pad(month, 2)}-${(parts.get('D') ?? '').padStart(2, '0')}`
  const given = parts.get('Y') ?? ''
  const year =
    given.length === 2 ? century(Number(given) + 9900, rest, latest) : century(Number(given), rest, latest)
  const date = `${pad(year, 4)}${rest}`
  if (!exists(date)) return null
  const moved = given.length === 4 && year !== Number(given)
  if (!tokens.some(token => 'Hms'.includes(kindOf(token)))) return { text: date, moved }
  const time = ['H', 'm', 's'].map(part => parts.get(part) ?? '00')
  if (Number(time[0]) > 23 || Number(time[1]) > 59 || Number(time[2]) > 59) return null
  return { text: `${date}T${time.join(':')}.000Z`, moved }
}

/** The year, less as many centuries as keep the date within `latest`. */
function century(year: number, rest: string, latest: string | null): number {
  let fitting = year
  while (latest !== null && fitting >= 100 && `${pad(fitting, 4)}${rest}` > latest) fitting -= 100
  return fitting
}

function monthOf(text: string): number {
  return /^\d+$/.test(text) ? Number(text) : MONTHS.indexOf(text.toLowerCase()) + 1
}

/** Whether `YYYY-MM-DD` is a day of the calendar. */
export function exists(date: string): boolean {
  const time = Date.parse(`${date}T00:00:00.000Z`)
  return Number.isFinite(time) && new Date(time).toISOString().slice(0, 10) === date
}

function pad(number: number, digits: number): string {
  return String(number).padStart(digits, '0')
}
