import { resolve } from 'node:path'
import { ProblemError } from '@zg/core/problem'
import { openStore } from '@zg/store/store'
import type { Command } from 'commander'
import { formatReport, type Report } from '../import/report.ts'
import { findProject, type Project } from '../project/project.ts'
import { askHolder } from './asking.ts'
import { openData } from './data.ts'
import { readEnvironment } from './environment.ts'
import { importInto } from './importing.ts'
import { type Progress, showProgress } from './progress.ts'
import { requireSchema } from './reading.ts'
import { stopSignal } from './signals.ts'
import { print } from './terminal.ts'

interface ImportFlags {
  readonly update?: boolean
  readonly json?: boolean
}

export function addImport(program: Command): void {
  program
    .command('import')
    .summary('load JSON or CSV files by a mapping file')
    .description(
      'Writes the rows of JSON and CSV files by the ordinary write path. Ids come from natural keys, so running it again\n' +
        'changes nothing. Rows that are refused are listed; the others are written. Works while the project is being served.',
    )
    .argument('<mapping>', 'the mapping file (JSON)')
    .argument('[folder]', 'folder of the schema', '.')
    .option('--update', 'also write values that differ from what is stored')
    .option('--json', 'print the report as JSON, every refused row included')
    .addHelpText(
      'after',
      '\nExamples:\n  zg import films.import.json\n  zg import people.import.json examples/movies --update',
    )
    .action(async (mapping: string, folder: string, flags: ImportFlags) => {
      const project = await findProject(folder)
      const { signal } = stopSignal()
      const progress = showProgress('Importing')
      const report = await load(project, resolve(mapping), flags, progress.show, signal).finally(
        progress.stop,
      )
      if (flags.json) print(JSON.stringify(report, null, 2))
      else for (const line of formatReport(report)) print(line)
      if (!report.complete) process.exitCode = 1
    })
}

async function load(
  project: Project,
  mapping: string,
  { update = false }: ImportFlags,
  onProgress: (progress: Progress) => void,
  signal: AbortSignal,
): Promise<Report> {
  const environment = readEnvironment(process.env)
  if (!environment.databaseUrl) {
    const options = { signal, onProgress: (value: unknown) => onProgress(value as Progress) }
    const answered = await askHolder(project, { kind: 'import', mapping, update }, options)
    if (answered) return answered.value as unknown as Report
  }
  const { model, code, startProblems } = await requireSchema(project)
  const problems = startProblems('start').filter(({ code }) => code !== 'NO_POLICY')
  if (problems.length) throw new ProblemError(problems)
  const data = await openData(project, environment)
  try {
    const store = await openStore(data.database, model, code)
    try {
      return await importInto(store, { mapping, update, onProgress, signal })
    } finally {
      await store.close()
    }
  } finally {
    await data.close()
  }
}
