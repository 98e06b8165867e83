import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { ProblemError, problem } from '@zg/core/problem'
import type { Command } from 'commander'
import { near, print } from './terminal.ts'

/** What a new project starts from. */
const SCHEMA = `import { entity, f, model } from '@zg/schema-builder'

const List = entity({
  id: f.id(),
  name: f.string(),
  tasks: f.many('Task', 'list'),
})

const Task = entity({
  id: f.id(),
  list: f.one('List').onDelete('cascade'),
  title: f.string(),
  done: f.boolean().default(false),
})

export default model({ open: true, entities: { List, Task } }).define()
`

const FILES: Readonly<Record<string, string>> = {
  'package.json': `${JSON.stringify({ private: true, type: 'module' }, null, 2)}\n`,
  '.gitignore': 'node_modules/\n.zg/\n',
}

export function addInit(program: Command): void {
  program
    .command('init')
    .summary('start a project with a small schema')
    .description('Writes schema.ts, and package.json and .gitignore where there are none. Never overwrites.')
    .argument('[folder]', 'folder of the new project', '.')
    .addHelpText('after', '\nExamples:\n  zg init\n  zg init my-project')
    .action(async (folder: string) => {
      const root = resolve(folder)
      await mkdir(root, { recursive: true })
      const present = await readdir(root)
      const schema = present.find(name => name === 'schema.ts' || name.endsWith('.schema.ts'))
      if (schema) {
        const message = `${join(root, schema)} is there already. Edit it, or choose another folder: zg init my-project`
        throw new ProblemError([problem('SCHEMA_EXISTS', [schema], message)])
      }
      const missing = Object.entries(FILES).filter(([name]) => !present.includes(name))
      for (const [name, text] of [['schema.ts', SCHEMA] as const, ...missing]) {
        // `wx`: if somebody else writes it right now, theirs stays.
        await writeFile(join(root, name), text, { flag: 'wx' })
        print(`created ${near(join(root, name))}`)
      }
      const there = near(root) === '.' ? '' : ` ${near(root)}`
      print('\nNext:')
      print(`  zg dev${there}      serve it, then edit schema.ts and see the API change`)
      print(`  zg inspect${there}  see tables, names and numbers`)
    })
}
