import { existsSync, globSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { openDatabase } from '@zg/store/database'
import { openStore } from '@zg/store/store'
import { importInto } from 'zg/commands/importing'
import { requireSchema } from 'zg/commands/reading'
import { findProject } from 'zg/project/project'
import { home } from '../install.ts'
import { judge, type Line } from '../line.ts'
import { cache } from '../postgres.ts'
import { median } from '../rounds.ts'
import { onClose, type Run } from '../run.ts'

const root = join(home, '..')
const DATA = '../shared/data/chinook/ChinookData.json'
/** Of all eleven tables, those of the many-to-many among them. */
const RECORDS = 15_607

/** Records of Chinook per second, from the file to the last commit, into a new PGlite on disk. */
export async function* importing(run: Run): AsyncIterable<Line> {
  const name = 'Chinook on PGlite'
  if (!run.wants(name)) return
  const folder = join(root, 'examples/chinook')
  const [mapping] = globSync('*.mapping.json', { cwd: folder })
  if (!mapping) return run.say(`  skipped: there is no examples/chinook/*.mapping.json`)
  if (!existsSync(join(root, DATA))) return run.say(`  skipped: there is no ${DATA}`)
  const { model } = await requireSchema(await findProject(folder))

  const rates: number[] = []
  for (let round = -1; round < run.rounds; round++) {
    mkdirSync(cache, { recursive: true })
    const directory = mkdtempSync(join(cache, 'import-'))
    onClose(async () => rmSync(directory, { recursive: true, force: true }))
    const database = await openDatabase({ directory: join(directory, 'pg') })
    const store = await openStore(database, model)
    try {
      const begin = performance.now()
      const report = await importInto(store, {
        mapping: join(folder, mapping),
        update: false,
        onProgress: () => {},
      })
      const seconds = (performance.now() - begin) / 1_000
      const created = report.counts.reduce((sum, counts) => sum + counts.created, 0)
      if (!report.complete || report.refused.length || created !== RECORDS) {
        throw new Error(`Not timed: ${created} of ${RECORDS} records, ${report.refused.length} refused`)
      }
      run.say(
        `  ${name}, ${round < 0 ? 'warming up' : `round ${round + 1} of ${run.rounds}`}: ${(RECORDS / seconds).toFixed()}`,
      )
      if (round >= 0) rates.push(RECORDS / seconds)
    } finally {
      await store.close()
      await database.close()
      rmSync(directory, { recursive: true })
    }
  }
  yield judge({
    bench: 'import',
    case: name,
    metric: 'records/s',
    ours: median(rates),
    reference: null,
    goal: 5_000,
  })
}
