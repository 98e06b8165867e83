/** Columns beneath their names, as wide as they need; long values are cut. */
export function formatTable(
  columns: readonly string[],
  rows: readonly (readonly string[])[],
  widest = 60,
): readonly string[] {
  const cut = (text: string) => (text.length > widest ? `${text.slice(0, widest - 1)}…` : text)
  const cells = rows.map(row => row.map(cut))
  const widths = columns.map((name, i) => Math.max(name.length, ...cells.map(row => row[i]?.length ?? 0)))
  const line = (row: readonly string[]) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd()
  return [line(columns), widths.map(width => '-'.repeat(width)).join('  '), ...cells.map(line)]
}
