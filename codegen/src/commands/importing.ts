import type { Json } from '@zg/core/json'
import { MAIN, type Scope } from '@zg/core/ports/scope'
import type { Store } from '@zg/store/store'
import { loadMapping } from '../import/load.ts'
import type { Report } from '../import/report.ts'
import { runImport } from '../import/run.ts'
import type { Progress } from './progress.ts'

export interface ImportOptions {
  /** Absolute path of the mapping file. */
  readonly mapping: string
  readonly update: boolean
  readonly onProgress: (progress: Progress) => void
  readonly signal?: AbortSignal
}

/** Whoever may run commands on the data imports as this principal; the log says so. */
const IMPORTER: Scope = { tenant: MAIN, principal: { id: 'zg-import', roles: [], claims: {} } }

export async function importInto(store: Store, options: ImportOptions): Promise<Report> {
  const { catalog, defaults, reader, writer } = store
  const { update, onProgress, signal } = options
  const mapping = await loadMapping(options.mapping, catalog)
  const report = await runImport({
    mapping,
    catalog,
    defaults,
    reader,
    writer,
    scope: IMPORTER,
    update,
    onProgress,
    ...(signal && { signal }),
  })
  // Reads of what has just come are planned for what is there.
  if (report.counts.some(({ created }) => created > 0)) await store.analyze()
  return report
}

/** A report is plain data by construction; its interfaces lack the index signature that says so. */
export function reportJson(report: Report): Json {
  return report as unknown as Json
}
