import { isReference } from '@zg/core/ir/refer'
import type { Json } from '@zg/core/json'
import { type RowRule, type Rule, ruleName } from './mapping.ts'
import type { Refused, Remark } from './record.ts'
import type { Counts, Note, Refusal, Report } from './report.ts'
import type { SourceRow } from './source.ts'

export type Outcome = 'created' | 'updated' | 'unchanged' | 'deleted'

/** Adds up what happens to rows while an import runs. */
export interface Tally {
  count(rule: Rule, outcome: Outcome): void
  refuse(rule: Rule, row: SourceRow, refused: Refused): void
  skip(rule: Rule, because: string): void
  repeat(rule: Rule): void
  remark(rule: Rule, row: SourceRow, remarks: readonly Remark[]): void
  /** A row of a key of several parts, by the first. */
  open(rule: RowRule, first: Json): void
  unused(source: string, column: string): void
  report(complete: boolean): Report
}

/** How many examples of a repair are kept. */
const EXAMPLES = 3

export function createTally(): Tally {
  const counts = new Map<string, { -readonly [K in keyof Counts]: Counts[K] }>()
  const notes = new Map<string, Note>()
  const refusals: Refusal[] = []
  const openings = new Map<RowRule['entity'], Map<string, number>>()

  const countsOf = (name: string) => {
    const own = counts.get(name) ?? { name, created: 0, updated: 0, unchanged: 0, deleted: 0, refused: 0 }
    counts.set(name, own)
    return own
  }
  const note = <N extends Extract<Note, { readonly rows: number }>>(
    key: string,
    first: N,
    next: (old: N) => N,
  ) => {
    const old = notes.get(key) as N | undefined
    notes.set(key, old ? next(old) : first)
  }

  return {
    count(rule, outcome) {
      countsOf(ruleName(rule))[outcome]++
    },
    refuse(rule, { row, line }, refused) {
      const name = ruleName(rule)
      countsOf(name).refused++
      refusals.push({ source: rule.source, row, line, name, ...refused })
    },
    skip(rule, because) {
      const name = ruleName(rule)
      note(`skipped ${name} ${because}`, { kind: 'skipped', name, because, rows: 1 }, old => ({
        ...old,
        rows: old.rows + 1,
      }))
    },
    repeat(rule) {
      const name = ruleName(rule)
      note(`repeated ${name}`, { kind: 'repeated', name, rows: 1 }, old => ({ ...old, rows: old.rows + 1 }))
    },
    remark(rule, { row }, remarks) {
      for (const { field, column, what, from, to } of remarks) {
        const name = `${rule.entity.name}.${field}`
        const key = `${what} ${name} ${column}`
        if (what === 'missing') {
          note(key, { kind: what, name, column, rows: 1 }, old => ({ ...old, rows: old.rows + 1 }))
        } else {
          const examples = [{ row, from, to }]
          note(key, { kind: 'repaired', name, column, what, rows: 1, examples }, old => ({
            ...old,
            rows: old.rows + 1,
            examples: old.examples.length < EXAMPLES ? [...old.examples, ...examples] : old.examples,
          }))
        }
      }
    },
    open({ entity }, first) {
      if (entity.ir.key.length < 2 || typeof first !== 'string') return
      const texts = openings.get(entity) ?? new Map<string, number>()
      openings.set(entity, texts)
      texts.set(first, (texts.get(first) ?? 0) + 1)
    },
    unused(source, column) {
      notes.set(`unused ${source} ${column}`, { kind: 'unused', source, column })
    },
    report: complete => ({
      complete,
      counts: [...counts.values()],
      refused: refusals.toSorted((a, b) =>
        a.source === b.source ? a.row - b.row : a.source < b.source ? -1 : 1,
      ),
      notes: [...notes.values(), ...[...openings].flatMap(shared)].toSorted(byKind),
    }),
  }
}

/** Ids are no texts anybody would take for a name, so references are left out. */
function shared([{ name, ir, fields }, texts]: readonly [
  RowRule['entity'],
  ReadonlyMap<string, number>,
]): readonly Note[] {
  const [first = '', ...by] = ir.key
  const repeated = [...texts.values()].filter(rows => rows > 1)
  const field = fields.get(first)
  if (!repeated.length || (field && isReference(field.type))) return []
  const rows = repeated.reduce((sum, each) => sum + each, 0)
  return [{ kind: 'shared', name: `${name}.${first}`, values: repeated.length, rows, by }]
}

/** What was changed first; what is only counted last. */
const KINDS: readonly Note['kind'][] = ['repaired', 'shared', 'repeated', 'skipped', 'unused', 'missing']

function byKind(a: Note, b: Note): number {
  return KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind)
}
