import { readFileSync } from 'node:fs'
import { ProblemError } from '@zg/core/problem'
import { Command } from 'commander'
import { addDev } from './dev.ts'
import { addGenerate } from './generate.ts'
import { addImport } from './import.ts'
import { addInit } from './init.ts'
import { addInspect } from './inspect.ts'
import { addRebuild } from './rebuild.ts'
import { addReset } from './reset.ts'
import { addSql } from './sql.ts'
import { addStart } from './start.ts'
import { red, say, sayProblems } from './terminal.ts'

const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))

const program = new Command('zg')
  .description('One schema, one GraphQL API over a CRDT log on Postgres.')
  .version(manifest.version, '-v, --version', 'print the version')
  .helpOption('-h, --help', 'print help')
  .helpCommand('help [command]', 'print the help of a command')
  .option('--debug', 'print the stack of an error')
  .showHelpAfterError('Run "zg --help" to see what there is.')
  .addHelpText(
    'after',
    `
A project is a folder with a schema.ts. "zg <command> --help" tells more about each.

Examples:
  zg init my-project
  zg dev my-project`,
  )

for (const add of [
  addInit,
  addDev,
  addStart,
  addGenerate,
  addInspect,
  addImport,
  addSql,
  addRebuild,
  addReset,
])
  add(program)

try {
  await program.parseAsync()
} catch (error) {
  process.exitCode = 1
  if (error instanceof ProblemError) sayProblems(error.problems)
  else say(red(`INTERNAL: ${error instanceof Error ? error.message : String(error)}`))
  if (program.opts().debug) say(error instanceof Error ? error.stack : '')
  else if (!(error instanceof ProblemError))
    say('This is a bug in zg. Run it again with --debug to see where, and report it.')
}
