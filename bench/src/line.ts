/** One measured figure, as `--json` prints it: the medians of all rounds. */
export interface Line {
  readonly bench: string
  readonly case: string
  /** What the numbers count: `changes/s`, `requests/s`; durations are in `ms`, sizes in `MB`, or begin so. */
  readonly metric: string
  readonly ours: number
  /** Null where there is nothing to compare with. */
  readonly reference: number | null
  /** How many times better than the reference. */
  readonly ratio: number | null
  /** Of the ratio, or of `ours` where there is no reference: at least this, of `ms` and `MB` at most. Null: for information. */
  readonly goal: number | null
  readonly ok: boolean
}

export type Figure = Pick<Line, 'bench' | 'case' | 'metric' | 'ours' | 'reference' | 'goal'>

/** Durations and sizes are better when smaller. */
function shrinking(metric: string): boolean {
  return metric.startsWith('ms') || metric.startsWith('MB')
}

/** Compares a figure with its goal. */
export function judge(figure: Figure): Line {
  const { metric, ours, reference, goal } = figure
  const shrinks = shrinking(metric)
  const ratio = reference === null ? null : shrinks ? reference / ours : ours / reference
  const reached = ratio ?? ours
  const ok = goal === null || (shrinks && ratio === null ? reached <= goal : reached >= goal)
  return {
    ...figure,
    ours: rounded(ours),
    reference: reference && rounded(reference),
    ratio: ratio && rounded(ratio),
    ok,
  }
}

/** Three digits say all that a benchmark can know. */
function rounded(value: number): number {
  return Number(value.toPrecision(value >= 1_000 ? 4 : 3))
}

const COLUMNS = ['bench', 'case', 'metric', 'ours', 'reference', 'ratio', 'goal', ''] as const

/** The lines as a table for people. */
export function table(lines: readonly Line[]): string {
  const rows = lines.map(line => [
    line.bench,
    line.case,
    line.metric,
    number(line.ours),
    number(line.reference),
    line.ratio === null ? '-' : `${line.ratio}x`,
    goalText(line),
    line.goal === null ? '' : line.ok ? 'ok' : 'MISSED',
  ])
  const widths = COLUMNS.map((name, i) => Math.max(name.length, ...rows.map(row => row[i]?.length ?? 0)))
  const text = (row: readonly string[]) =>
    row
      .map((cell, i) => (i >= 3 && i <= 6 ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)))
      .join('  ')
      .trimEnd()
  return [text(COLUMNS), ...rows.map(text)].join('\n')
}

function number(value: number | null): string {
  return value === null ? '-' : value.toLocaleString('en')
}

function goalText({ goal, ratio, metric }: Line): string {
  if (goal === null) return '-'
  if (ratio !== null) return `>= ${rounded(goal)}x`
  return `${shrinking(metric) ? '<=' : '>='} ${number(goal)}`
}
