import type { Json } from '@zg/core/json'
import type { Repair } from './step.ts'

/** What an import did. Rows that are in no other count were skipped, repeated or refused: nothing is lost unseen. */
export interface Report {
  /** False when it was aborted; running it again completes it. */
  readonly complete: boolean
  readonly counts: readonly Counts[]
  readonly refused: readonly Refusal[]
  readonly notes: readonly Note[]
}

/** Of an entity, or of a many-to-many (`Playlist.tracks`) whose edges are rows of a source. */
export interface Counts {
  readonly name: string
  readonly created: number
  /** Only with `update`. */
  readonly updated: number
  readonly unchanged: number
  /** Deleted since an earlier import: they stay deleted. */
  readonly deleted: number
  readonly refused: number
}

/** A row that was not written. */
export interface Refusal {
  readonly source: string
  readonly row: number
  readonly line: number | null
  /** What the row would have been: an entity, or a many-to-many. */
  readonly name: string
  readonly column: string | null
  /** The code of the problem: `REQUIRED`, `BAD_DATE`, `DUPLICATE_KEY`, `REF_MISSING`, ... */
  readonly code: string
  readonly message: string
}

export type Note =
  /** Values that were changed on their way in. */
  | {
      readonly kind: 'repaired'
      readonly name: string
      readonly column: string
      readonly what: Repair
      readonly rows: number
      readonly examples: readonly { readonly row: number; readonly from: Json; readonly to: Json }[]
    }
  /** Rows that have no value there. */
  | { readonly kind: 'missing'; readonly name: string; readonly column: string; readonly rows: number }
  /** Rows left out because the mapping says so. */
  | { readonly kind: 'skipped'; readonly name: string; readonly because: string; readonly rows: number }
  /** Rows whose key, or edge, an earlier row of the source has already: the first one counts. */
  | { readonly kind: 'repeated'; readonly name: string; readonly rows: number }
  /** Texts that open the key of several rows, which the rest of the key tells apart: repeated titles. */
  | {
      readonly kind: 'shared'
      readonly name: string
      readonly values: number
      readonly rows: number
      readonly by: readonly string[]
    }
  /** A column that no rule reads. */
  | { readonly kind: 'unused'; readonly source: string; readonly column: string }

const REPAIRS: Readonly<Record<Repair, string>> = {
  trimmed: 'had blanks around it: trimmed',
  numberAsText: 'was a number: stored as text',
  textAsNumber: 'was text: stored as a number',
  emptyAsMissing: 'was empty: stored as missing',
  century: 'was a date in a century to come: moved back',
  encoding: 'was in a wrong encoding: decoded again',
}

/** The report as lines of text. At most `limit` refused rows are listed, and it says how many more there are. */
export function formatReport(report: Report, limit = 20): readonly string[] {
  const counts = report.counts.map(
    ({ name, created, updated, unchanged, deleted, refused }) =>
      `${name}: ${[
        `${figure(created)} created`,
        ...(updated ? [`${figure(updated)} updated`] : []),
        `${figure(unchanged)} unchanged`,
        ...(deleted ? [`${figure(deleted)} deleted before`] : []),
        ...(refused ? [`${figure(refused)} refused`] : []),
      ].join(', ')}`,
  )
  const refused = report.refused.slice(0, limit).map(formatRefusal)
  const more = report.refused.length - refused.length
  return [
    ...counts,
    ...report.notes.flatMap(note => (note.kind === 'missing' ? [] : [formatNote(note)])),
    ...formatMissing(report.notes),
    ...refused,
    ...(more ? [`... and ${figure(more)} more refused rows`] : []),
    ...(report.complete ? [] : ['Stopped before the end; run it again to complete it']),
  ]
}

function formatRefusal({ source, row, line, name, column, code, message }: Refusal): string {
  const place = [source, line === null ? `row ${figure(row)}` : `row ${figure(row)} (line ${figure(line)})`]
  return `Refused ${name} of ${[...place, ...(column ? [column] : [])].join(', ')}: ${code}: ${message}`
}

/** One line per entity: `Movie without values: runtime 1,992, director 1,330`. */
function formatMissing(notes: readonly Note[]): readonly string[] {
  const lines = new Map<string, string[]>()
  for (const note of notes) {
    if (note.kind !== 'missing') continue
    const [entity = '', field = ''] = note.name.split('.')
    const fields = lines.get(entity) ?? []
    lines.set(entity, fields)
    fields.push(`${field} ${figure(note.rows)}`)
  }
  return [...lines].map(([entity, fields]) => `${entity} without values: ${fields.join(', ')}`)
}

function formatNote(note: Exclude<Note, { readonly kind: 'missing' }>): string {
  switch (note.kind) {
    case 'repaired': {
      const [example] = note.examples
      const shown = example
        ? ` (row ${figure(example.row)}: ${JSON.stringify(example.from)} -> ${JSON.stringify(example.to)})`
        : ''
      return `${note.name}: in ${rowsOf(note.rows)} ${note.column} ${REPAIRS[note.what]}${shown}`
    }
    case 'skipped':
      return `${note.name}: ${rowsOf(note.rows)} skipped: ${note.because}`
    case 'repeated':
      return `${note.name}: ${rowsOf(note.rows)} repeated an earlier one: the first counts`
    case 'shared': {
      const values = note.values === 1 ? '1 value is' : `${figure(note.values)} values are`
      return `${note.name}: ${values} shared by ${rowsOf(note.rows)}: kept apart by ${note.by.join(' + ')}`
    }
    case 'unused':
      return `${note.source}: the column ${note.column} is not imported`
  }
}

function rowsOf(count: number): string {
  return count === 1 ? '1 row' : `${figure(count)} rows`
}

/** `3,201`, whatever the machine's language. */
function figure(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',')
}
