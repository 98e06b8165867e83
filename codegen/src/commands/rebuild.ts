import { ProblemError, problem } from '@zg/core/problem'
import { servedModel } from '@zg/store/migrate'
import { compare } from '@zg/store/rebuild/compare'
import { type OnProgress, rebuild } from '@zg/store/rebuild/rebuild'
import type { Command } from 'commander'
import { findProject } from '../project/project.ts'
import { openData } from './data.ts'
import { readEnvironment } from './environment.ts'
import { showProgress } from './progress.ts'
import { print, say } from './terminal.ts'

/** Differences that are printed. */
const SHOWN = 20

export function addRebuild(program: Command): void {
  program
    .command('rebuild')
    .summary('make the tables anew from the log')
    .description(
      'Makes all tables of rows, edges, texts and unique values anew from the log, tenant by tenant: a tenant is written to again when its tables are whole. The log itself is never touched. With --check nothing is changed: tells whether the tables hold what the log says, and exits with 1 if not.',
    )
    .argument('[folder]', 'folder of the schema', '.')
    .option('--check', 'compare only')
    .addHelpText('after', '\nExamples:\n  zg rebuild --check\n  zg rebuild examples/movies')
    .action(async (folder: string, { check }: { readonly check?: boolean }) => {
      const data = await openData(await findProject(folder), readEnvironment(process.env))
      try {
        const model = await servedModel(data.database)
        if (!model) {
          const message =
            'The database has no tables yet: nothing was ever served from it. Run zg dev or zg start first.'
          throw new ProblemError([problem('NOTHING_SERVED', [], message)])
        }
        if (!check) {
          const entries = await watched('Rebuilding', progress => rebuild(data.database, model, progress))
          print(`Rebuilt the tables from ${entries} entries of the log.`)
          return
        }
        const { entries, differences } = await watched('Comparing', progress =>
          compare(data.database, model, progress),
        )
        for (const line of differences.slice(0, SHOWN)) print(line)
        if (differences.length === 0) print(`The tables hold what the ${entries} entries of the log say.`)
        else {
          say(`${differences.length} differences. To make the tables anew: zg rebuild`)
          process.exitCode = 1
        }
      } finally {
        await data.close()
      }
    })
}

async function watched<T>(what: string, work: (progress: OnProgress) => Promise<T>): Promise<T> {
  const view = showProgress(what, 'entries')
  try {
    return await work(({ done, total, tenant }) => view.show({ done, total, name: tenant }))
  } finally {
    view.stop()
  }
}
