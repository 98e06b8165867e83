import { rm } from 'node:fs/promises'
import { createInterface } from 'node:readline/promises'
import { ProblemError, problem } from '@zg/core/problem'
import type { Command } from 'commander'
import { takeHold } from '../hold/hold.ts'
import { findProject } from '../project/project.ts'
import { readEnvironment } from './environment.ts'
import { print } from './terminal.ts'

export function addReset(program: Command): void {
  program
    .command('reset')
    .summary('delete the embedded database')
    .description(
      'Deletes <folder>/.zg with all its data, after asking. Refuses while the project is being served.',
    )
    .argument('[folder]', 'folder of the schema', '.')
    .option('-y, --yes', 'do not ask')
    .addHelpText('after', '\nExamples:\n  zg reset\n  zg reset examples/movies --yes')
    .action(async (folder: string, { yes }: { readonly yes?: boolean }) => {
      const project = await findProject(folder)
      if (readEnvironment(process.env).databaseUrl) {
        const message =
          'The data is in the Postgres of DATABASE_URL, which zg does not delete. Drop that database yourself, or unset DATABASE_URL.'
        throw new ProblemError([problem('RESET_REMOTE', ['DATABASE_URL'], message)])
      }
      // Held while it is deleted: nobody may open what is going away. Asking comes after, so a refusal comes at once.
      const hold = await takeHold(project.data)
      try {
        if (!yes && !(await confirmed(project.data))) {
          print('Nothing was deleted.')
          process.exitCode = 1
          return
        }
        await rm(project.data, { recursive: true, force: true })
        print(`Deleted ${project.data}`)
      } finally {
        await hold.release()
      }
    })
}

async function confirmed(data: string): Promise<boolean> {
  if (!process.stdin.isTTY) {
    throw new ProblemError([
      problem('NOT_CONFIRMED', [], 'Nobody is there to ask. To delete without asking: zg reset --yes'),
    ])
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    const answer = await terminal.question(`Delete all data in ${data}? [y/N] `)
    return /^y(es)?$/i.test(answer.trim())
  } finally {
    terminal.close()
  }
}
