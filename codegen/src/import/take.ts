import { columnsOf, type EdgeRule, type RowRule, type Rule, ruleName } from './mapping.ts'
import { type Refused, readEdge, readRow, type Wanted, type WantedEdge } from './record.ts'
import type { Source, SourceRow } from './source.ts'
import type { Tally } from './tally.ts'

/** Reads what is to be written off rows of sources; what is skipped, refused or repeated goes to the tally. */
export interface Take {
  rows(rule: RowRule, source: Source, row: SourceRow): readonly Wanted[]
  edges(rule: EdgeRule, source: Source, row: SourceRow): readonly WantedEdge[]
}

/** Remembers every key it has seen: memory grows with the number of rows, not with their size. */
export function createTake(tally: Tally): Take {
  const keys = new Map<string, Map<string, string>>()

  /** Where the key was seen first, or null if this is the first time. */
  const seen = (rule: Rule, key: string, { row }: SourceRow): string | null => {
    const own = keys.get(ruleName(rule)) ?? new Map<string, string>()
    keys.set(ruleName(rule), own)
    const first = own.get(key) ?? null
    if (first === null) own.set(key, `row ${row} of ${rule.source}`)
    return first
  }

  return {
    rows(rule, source, row) {
      if (skips(tally, rule, row)) return []
      const read = readRow(rule, source, row)
      if (read.kind === 'refused') {
        // The rule that names the target refuses the row, too, or takes it for naming none.
        if (!rule.implied) tally.refuse(rule, row, read.refused)
        return []
      }
      return read.wanted.filter(wanted => {
        const first = seen(rule, wanted.id, row)
        if (first === null) {
          tally.remark(rule, row, wanted.remarks)
          tally.open(rule, wanted.fields.get(rule.entity.ir.key[0] ?? '') ?? null)
        } else if (!rule.repeats) tally.refuse(rule, row, duplicate(rule, first))
        else if (!rule.implied) tally.repeat(rule)
        return first === null
      })
    },
    edges(rule, source, row) {
      if (skips(tally, rule, row)) return []
      const read = readEdge(rule, source, row)
      if (read.kind === 'refused') {
        tally.refuse(rule, row, read.refused)
        return []
      }
      return read.wanted.filter(wanted => {
        const first = seen(rule, `${wanted.of}|${wanted.add}`, row)
        if (first === null) tally.remark(rule, row, wanted.remarks)
        else tally.repeat(rule)
        return first === null
      })
    },
  }
}

function skips(tally: Tally, rule: Rule, row: SourceRow): boolean {
  const skip = rule.skip.find(({ column, is }) => {
    const value = row.value(column)
    return is === null ? value === null || value === '' : value === is || String(value) === is
  })
  // Once is enough: the rule that implies this one skips the row, too.
  if (skip && !(rule.kind === 'rows' && rule.implied)) tally.skip(rule, skip.because)
  return skip !== undefined
}

function duplicate(rule: RowRule, first: string): Refused {
  const { key } = rule.entity.ir
  const [column = null] = rule.fields
    .filter(({ name }) => key.includes(name))
    .flatMap(({ value }) => columnsOf(value))
  return {
    column,
    code: 'DUPLICATE_KEY',
    message: `${key.join(' + ')} is the same as in ${first}, which counts`,
  }
}
