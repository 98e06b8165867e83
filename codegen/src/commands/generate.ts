import { join, relative } from 'node:path'
import { ProblemError, problem } from '@zg/core/problem'
import type { Command } from 'commander'
import { generate } from '../generator/generator.ts'
import { findProject } from '../project/project.ts'
import { type GeneratedFile, staleFiles, writeFiles } from '../writer/writer.ts'
import { requireSchema } from './reading.ts'
import { print } from './terminal.ts'

export function addGenerate(program: Command): void {
  program
    .command('generate')
    .summary('write what is made from the schema')
    .description(
      'Writes generated/schema.graphql and zg.lock.json. Both belong into version control. Files that are up to date stay as they are.',
    )
    .argument('[folder]', 'folder of the schema', '.')
    .option('--check', 'write nothing; fail if a file is not what the schema makes, for CI')
    .addHelpText('after', '\nExamples:\n  zg generate\n  zg generate examples/movies\n  zg generate --check')
    .action(async (folder: string, { check = false }: { readonly check?: boolean }) => {
      const project = await findProject(folder)
      const { model, lock } = await requireSchema(project)
      const generated = relative(project.folder, project.generated)
      const files: readonly GeneratedFile[] = [
        { path: relative(project.folder, project.lock), text: lock },
        ...(await generate(model)).map(({ path, text }) => ({ path: join(generated, path), text })),
      ]
      if (check) {
        const stale = await staleFiles(project.folder, files)
        if (!stale.length) return
        const message = `${stale.join(', ')}: not what the schema makes; run zg generate`
        throw new ProblemError([problem('STALE', [], message)])
      }
      for (const { path, status } of await writeFiles(project.folder, files))
        print(`${status.padEnd(9)} ${path}`)
    })
}
