import { ProblemError, problem } from '@zg/core/problem'
import { columnsOf, type Mapping, type Rule, valuesOf } from './mapping.ts'
import type { Source } from './source.ts'

type Sources = ReadonlyMap<string, Source>

/** Throws what columns are read that no row has: typing errors. Nothing can be said of a list without rows. */
export function checkColumns(rules: readonly Rule[], sources: Sources): void {
  const problems = rules.flatMap(rule => {
    const source = sources.get(rule.source)
    if (!source?.columns.length) return []
    return readBy(rule)
      .filter(({ column }) => !source.columns.includes(column))
      .map(({ name, column }) => {
        const message = `${source.spelling} has no column "${column}"; it has: ${source.columns.join(', ')}`
        return problem('BAD_MAPPING', [...rule.path, name], message)
      })
  })
  if (problems.length) throw new ProblemError(problems)
}

/** The columns that no rule reads, each after the name of its source. */
export function unusedColumns({ rules }: Mapping, sources: Sources): readonly (readonly [string, string])[] {
  return [...sources.values()].flatMap(({ name, columns }) => {
    const read = new Set(
      rules
        .filter(({ source }) => source === name)
        .flatMap(readBy)
        .map(({ column }) => column),
    )
    return columns.filter(column => !read.has(column)).map(column => [name, column] as const)
  })
}

function readBy(rule: Rule): readonly { readonly name: string; readonly column: string }[] {
  return [
    ...valuesOf(rule).flatMap(({ name, value }) => columnsOf(value).map(column => ({ name, column }))),
    ...rule.skip.map(({ column }) => ({ name: 'skip', column })),
  ]
}
