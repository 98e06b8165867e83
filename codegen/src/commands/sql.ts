import type { Json } from '@zg/core/json'
import type { Command } from 'commander'
import { findProject, type Project } from '../project/project.ts'
import { askHolder } from './asking.ts'
import { openData } from './data.ts'
import { readEnvironment } from './environment.ts'
import { querySql, type Rows } from './query.ts'
import { formatTable } from './table.ts'
import { dim, print, say } from './terminal.ts'

export function addSql(program: Command): void {
  program
    .command('sql')
    .summary('read the tables with SQL')
    .description(
      'Runs one SQL statement that reads. Works while the project is being served, and when it is not.',
    )
    .argument('<statement>', 'the SQL, in quotes')
    .argument('[folder]', 'folder of the schema', '.')
    .option('--json', 'print the rows as JSON')
    .addHelpText(
      'after',
      `
Examples:
  zg sql "select title, likes from movie order by likes desc limit 5"
  zg sql "select count(*) from movie" examples/movies --json`,
    )
    .action(async (statement: string, folder: string, { json }: { readonly json?: boolean }) => {
      const rows = await read(await findProject(folder), statement)
      if (json) print(JSON.stringify(rows, null, 2))
      else printRows(rows)
    })
}

async function read(project: Project, text: string): Promise<Rows> {
  const environment = readEnvironment(process.env)
  const answered = environment.databaseUrl ? null : await askHolder(project, { kind: 'sql', text })
  if (answered) return answered.value as Rows
  const data = await openData(project, environment)
  try {
    return await querySql(data.database, text)
  } finally {
    await data.close()
  }
}

function printRows(rows: Rows): void {
  const columns = Object.keys(rows[0] ?? {})
  if (columns.length) {
    const cells = rows.map(row => columns.map(column => cellText(row[column] ?? null)))
    for (const line of formatTable(columns, cells)) print(line)
  }
  say(dim(rows.length === 1 ? '1 row' : `${rows.length} rows`))
}

function cellText(value: Json): string {
  if (value === null) return ''
  return typeof value === 'string' ? value.replace(/\s+/g, ' ') : JSON.stringify(value)
}
