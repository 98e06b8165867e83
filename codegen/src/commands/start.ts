import { ProblemError } from '@zg/core/problem'
import type { Command } from 'commander'
import { findProject } from '../project/project.ts'
import { readEnvironment } from './environment.ts'
import { requireSchema } from './reading.ts'
import { openRuntime } from './runtime.ts'
import { stopSignal } from './signals.ts'
import { printWelcome } from './welcome.ts'

export function addStart(program: Command): void {
  program
    .command('start')
    .summary('serve a project in production')
    .description(
      'Serves the project without GraphiQL, introspection and suggestions. Refuses a schema that its lock file does not fit,\n' +
        'that nobody has said who may use (policies, or open: true), or of which anything is not enforced.',
    )
    .argument('[folder]', 'folder of the schema', '.')
    .option('--graphiql', 'serve GraphiQL and introspection all the same')
    .addHelpText(
      'after',
      `
Environment:
  PORT          4000
  HOST          127.0.0.1; 0.0.0.0 lets other machines in
  DATABASE_URL  Postgres; without it the embedded one in <folder>/.zg
  ZG_ORIGINS    origins of web pages that may call, separated by commas

Examples:
  DATABASE_URL=postgres://zg:secret@db/zg HOST=0.0.0.0 zg start
  zg start examples/movies --graphiql`,
    )
    .action(start)
}

async function start(
  folder: string,
  { graphiql: explorable = false }: { readonly graphiql?: boolean },
): Promise<void> {
  const environment = readEnvironment(process.env)
  const project = await findProject(folder)
  const { model, code, startProblems } = await requireSchema(project)
  const problems = startProblems('start')
  if (problems.length) throw new ProblemError(problems)
  const { stopped } = stopSignal()
  const runtime = await openRuntime({ project, model, code, environment, explorable, local: false })
  try {
    printWelcome(runtime, model, { explorable })
    await stopped
  } finally {
    await runtime.close()
  }
}
