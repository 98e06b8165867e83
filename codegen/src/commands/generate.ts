import { join, relative } from 'node:path'
import type { Command } from 'commander'
import { generate } from '../generator/generator.ts'
import { findProject } from '../project/project.ts'
import { type GeneratedFile, writeFiles } from '../writer/writer.ts'
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
    .addHelpText('after', '\nExamples:\n  zg generate\n  zg generate examples/movies')
    .action(async (folder: string) => {
      const project = await findProject(folder)
      const { model, lock } = await requireSchema(project)
      const generated = relative(project.folder, project.generated)
      const files: readonly GeneratedFile[] = [
        { path: relative(project.folder, project.lock), text: lock },
        ...(await generate(model)).map(({ path, text }) => ({ path: join(generated, path), text })),
      ]
      for (const { path, status } of await writeFiles(project.folder, files))
        print(`${status.padEnd(9)} ${path}`)
    })
}
