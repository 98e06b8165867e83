import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ANONYMOUS, MAIN } from '@zg/core/ports/scope'
import type { Store } from '@zg/store/store'
import { formatReport } from '../import/report.ts'
import type { Project } from '../project/project.ts'
import { importInto } from './importing.ts'
import { showProgress } from './progress.ts'
import { dim, say } from './terminal.ts'

/**
 * Imports the project's seed unless this database has had it in full. Interrupted, it goes on next time: the import
 * adds only what is missing. Rows deleted since then stay deleted.
 */
export async function seedOnce(project: Project, store: Store, signal: AbortSignal): Promise<void> {
  if (!project.seed) return
  const marker = join(project.data, 'seeded')
  const log = await logOf(store)
  const seeded = (await readFile(marker, 'utf8').catch(() => '')).split('\n')
  if (seeded.includes(log)) return
  say(`Loading the data of ${project.seed} (first run)`)
  const progress = showProgress('Loading')
  try {
    const report = await importInto(store, {
      mapping: project.seed,
      update: false,
      onProgress: progress.show,
      signal,
    })
    progress.stop()
    for (const line of formatReport(report, 5)) say(dim(`  ${line}`))
    if (!report.complete) return
    // With a server database there is no such folder yet.
    await mkdir(project.data, { recursive: true, mode: 0o700 })
    await writeFile(marker, [...seeded.filter(Boolean), log, ''].join('\n'))
  } finally {
    progress.stop()
  }
}

async function logOf(store: Store): Promise<string> {
  const snapshot = store.reader.open({ tenant: MAIN, principal: ANONYMOUS })
  try {
    return (await snapshot.position()).log
  } finally {
    await snapshot.close()
  }
}
