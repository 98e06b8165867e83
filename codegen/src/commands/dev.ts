import { relative } from 'node:path'
import { modelHash } from '@zg/core/ir/hash'
import { ProblemError } from '@zg/core/problem'
import type { Command } from 'commander'
import { findProject, type Project } from '../project/project.ts'
import { writeFiles } from '../writer/writer.ts'
import { readEnvironment } from './environment.ts'
import { type Reading, readSchema, requireSchema } from './reading.ts'
import { openRuntime, type Runtime } from './runtime.ts'
import { seedOnce } from './seed.ts'
import { stopSignal } from './signals.ts'
import { dim, near, print, red, say, sayProblems } from './terminal.ts'
import { createWatch } from './watch.ts'
import { printWelcome } from './welcome.ts'

export function addDev(program: Command): void {
  program
    .command('dev')
    .summary('serve a project and follow its schema file')
    .description(
      'Serves the project, with GraphiQL, on this machine. Saving the schema file changes the API at once: the database is\n' +
        'extended, and a schema with mistakes leaves the one before in place.',
    )
    .argument('[folder]', 'folder of the schema', '.')
    .addHelpText(
      'after',
      `
Environment:
  PORT          4000
  HOST          127.0.0.1; 0.0.0.0 lets other machines in
  DATABASE_URL  Postgres instead of the embedded one in <folder>/.zg
  ZG_ORIGINS    origins of web pages that may call, separated by commas

Examples:
  zg dev
  PORT=4001 zg dev examples/movies`,
    )
    .action(dev)
}

async function dev(folder: string): Promise<void> {
  const environment = readEnvironment(process.env)
  const project = await findProject(folder)
  const { signal, stopped } = stopSignal()
  const first = await requireSchema(project)
  refuseUnservable(first)
  const runtime = await openRuntime({
    project,
    model: first.model,
    code: first.code,
    environment,
    explorable: true,
    local: true,
  })
  try {
    await keepLock(project, first)
    await seedOnce(project, runtime.store(), signal)
    if (signal.aborted) return
    const follow = followSchema(project, runtime, first)
    printWelcome(runtime, first.model, { explorable: true })
    say(dim(`Watching ${near(project.schema)}. Stop with Ctrl+C.`))
    await stopped
    await follow.close()
  } finally {
    await runtime.close()
  }
}

/** Changes the API whenever the project's files change. One change at a time; what came meanwhile is looked at next. */
function followSchema(project: Project, runtime: Runtime, first: Reading): { close(): Promise<void> } {
  let served = first
  let changing: Promise<void> | undefined
  let again = false

  const change = async () => {
    const { reading, problems, files } = await readSchema(project)
    watch.follow([project.schema, ...files])
    try {
      if (problems) throw new ProblemError(problems)
      refuseUnservable(reading)
      if (differ(reading, served)) {
        await runtime.replace(reading.model, reading.code)
        served = reading
        print('The schema changed: the new one is being served.')
      }
      await keepLock(project, reading)
    } catch (error) {
      if (error instanceof ProblemError) sayProblems(error.problems)
      else say(red(error instanceof Error ? error.message : String(error)))
      say('The schema before is still being served.')
    }
  }
  const onChange = () => {
    again = true
    changing ??= (async () => {
      while (again) {
        again = false
        await change()
      }
      changing = undefined
    })()
  }
  const watch = createWatch(onChange)
  watch.follow([project.schema])
  // The files that the schema imports are known from reading it; it may have changed since it was read first, too.
  onChange()
  return {
    close: async () => {
      watch.close()
      await changing
    },
  }
}

/** Functions are not in the hash: they may be others as soon as the files are. */
function differ(one: Reading, other: Reading): boolean {
  const hasCode = one.model.entities.some(({ fields }) => fields.some(field => field.check || field.authored))
  return (hasCode && one.source !== other.source) || modelHash(one.model) !== modelHash(other.model)
}

function refuseUnservable(reading: Reading): void {
  const problems = reading.startProblems('dev')
  if (problems.length) throw new ProblemError(problems)
}

/** Writes the lock once the database has taken the numbers: a refused schema leaves no trace. */
async function keepLock(project: Project, { lock, lockIsNew }: Reading): Promise<void> {
  if (!lockIsNew) return
  const path = relative(project.folder, project.lock)
  await writeFiles(project.folder, [{ path, text: lock }])
  say(dim(`Wrote ${path}: commit it with the schema.`))
}
