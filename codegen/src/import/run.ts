import { setImmediate, setTimeout } from 'node:timers/promises'
import type { Defaults } from '@zg/core/act/checks'
import type { Catalog } from '@zg/core/ir/catalog'
import { isList } from '@zg/core/json'
import type { Reader } from '@zg/core/ports/reader'
import type { Scope } from '@zg/core/ports/scope'
import type { Writer } from '@zg/core/ports/writer'
import { applyEdges, applyRows, type Ports } from './apply.ts'
import { checkColumns, unusedColumns } from './columns.ts'
import { type EdgeRule, type Mapping, type RowRule, type Rule, ruleName } from './mapping.ts'
import { openSources } from './open.ts'
import { patient } from './patient.ts'
import type { Wanted, WantedEdge } from './record.ts'
import type { Report } from './report.ts'
import { components, type Stage, schedule, targetsAt } from './schedule.ts'
import type { Source, SourceRow } from './source.ts'
import { createTake, type Take } from './take.ts'
import { createTally } from './tally.ts'

export interface ImportRequest {
  readonly mapping: Mapping
  readonly catalog: Catalog
  /** The model's function defaults; none when absent. */
  readonly defaults?: Defaults
  readonly reader: Reader
  readonly writer: Writer
  readonly scope: Scope
  /** Also write values that differ from what is stored; otherwise rows that exist are left alone. */
  readonly update?: boolean
  /** Changes per mutation, about. 500 by default; the writer takes 10,000 at most. */
  readonly batch?: number
  /** After every batch. What it throws ends the import. */
  readonly onProgress?: (progress: Progress) => void
  /** Ends the import after the batch under way; the report then is not `complete`. */
  readonly signal?: AbortSignal
}

export interface Progress {
  /** Rows of sources gone through, each once per rule that reads it. */
  readonly done: number
  readonly total: number
  /** What is being written. */
  readonly name: string
}

/**
 * Writes the rows of a mapping's sources through the ordinary write path, in batches, each a mutation of its own.
 * Ids come from natural keys, so that running it again, also after it was killed, finds what is there and adds
 * only what is not. Refused rows are in the report; it throws a ProblemError, before anything is written, when a
 * file or a column is missing or malformed, and whatever the ports throw when the store cannot answer.
 */
export async function runImport(request: ImportRequest): Promise<Report> {
  const { mapping, catalog, signal } = request
  const sources = await openSources(mapping.sources)
  checkColumns(mapping.rules, sources)
  const tally = createTally()
  for (const [source, column] of unusedColumns(mapping, sources)) tally.unused(source, column)
  const run: Run = {
    request,
    sources,
    take: createTake(tally),
    ports: {
      ...request,
      writer: patient(request.writer, { sleep: pause(signal), tries: TRIES }),
      defaults: request.defaults ?? {},
      update: request.update ?? false,
      tally,
    },
    progress: { done: 0, total: mapping.rules.reduce((sum, rule) => sum + sourceOf(sources, rule).rows, 0) },
  }
  for (const stage of schedule(mapping.rules, catalog)) {
    if (stage.cyclic) await runCyclic(run, stage)
    else for (const rule of stage.rules) await runRule(run, rule)
    if (signal?.aborted) return tally.report(false)
  }
  return tally.report(true)
}

/** How often a mutation is tried while the store has too much to do: for some minutes. */
const TRIES = 20

/** Whoever ends the import does not wait for what it waits for. */
function pause(signal: AbortSignal | undefined): (ms: number) => Promise<unknown> {
  return ms => setTimeout(ms, null, signal ? { signal } : {}).catch(() => {})
}

interface Run {
  readonly request: ImportRequest
  readonly sources: ReadonlyMap<string, Source>
  readonly take: Take
  readonly ports: Ports
  readonly progress: { done: number; readonly total: number }
}

/** Rows whose references all lead to earlier stages: streamed. */
async function runRule(run: Run, rule: Rule): Promise<void> {
  const { batch = 500, signal } = run.request
  const flush = rule.kind === 'rows' ? flushRows(run, rule) : flushEdges(run, rule)
  for await (const row of sourceOf(run.sources, rule).read()) {
    flush.read(row)
    run.progress.done++
    if (flush.weight() < batch) continue
    await flush.write()
    await breathe(run, rule)
    if (signal?.aborted) return
  }
  await flush.write()
  await breathe(run, rule)
}

interface Flush {
  read(row: SourceRow): void
  /** Changes collected so far. */
  weight(): number
  write(): Promise<void>
}

function flushRows(run: Run, rule: RowRule): Flush {
  let rows: (readonly Wanted[])[] = []
  let weight = 0
  return {
    read(row) {
      for (const wanted of run.take.rows(rule, sourceOf(run.sources, rule), row)) {
        rows.push([wanted])
        weight += weightOf(wanted)
      }
    },
    weight: () => weight,
    async write() {
      const batch = rows
      rows = []
      weight = 0
      await applyRows(run.ports, batch)
    },
  }
}

function flushEdges(run: Run, rule: EdgeRule): Flush {
  let edges: WantedEdge[] = []
  return {
    read(row) {
      edges.push(...run.take.edges(rule, sourceOf(run.sources, rule), row))
    },
    weight: () => edges.length,
    async write() {
      const batch = edges
      edges = []
      await applyEdges(run.ports, rule, batch)
    },
  }
}

/** Lets timers, signals and sockets have their turn: embedded stores answer without ever leaving the microtasks. */
async function breathe(run: Run, rule: Rule): Promise<void> {
  run.request.onProgress?.({ ...run.progress, name: ruleName(rule) })
  await setImmediate()
}

/**
 * Entities that refer to themselves or each other: all their rows are held in memory and put in an order in which
 * a row comes after those it refers to. Rows that refer to each other in a circle go into one mutation.
 */
async function runCyclic(run: Run, stage: Stage): Promise<void> {
  const { batch = 500, catalog, signal } = run.request
  const rows = new Map<string, Wanted>()
  for (const rule of stage.rules) {
    if (rule.kind !== 'rows') continue
    for await (const row of sourceOf(run.sources, rule).read()) {
      for (const wanted of run.take.rows(rule, sourceOf(run.sources, rule), row)) rows.set(wanted.id, wanted)
      run.progress.done++
    }
  }
  const bundles = components([...rows.keys()], id => referredIds(rows.get(id), catalog)).map(ids =>
    ids.flatMap(id => rows.get(id) ?? []),
  )
  let weight = 0
  let pending: (readonly Wanted[])[] = []
  for (const [i, bundle] of bundles.entries()) {
    pending.push(bundle)
    weight += bundle.reduce((sum, wanted) => sum + weightOf(wanted), 0)
    if (weight < batch && i < bundles.length - 1) continue
    await applyRows(run.ports, pending)
    pending = []
    weight = 0
    await breathe(run, bundle[0]?.rule ?? (stage.rules[0] as Rule))
    if (signal?.aborted) return
  }
}

function referredIds(wanted: Wanted | undefined, catalog: Catalog): readonly string[] {
  if (!wanted) return []
  return [...wanted.fields].flatMap(([name, value]) =>
    targetsAt(wanted.rule, name, catalog).length === 0
      ? []
      : (isList(value) ? value : [value]).filter(id => typeof id === 'string'),
  )
}

/** How many changes a row makes: itself and its edges. */
function weightOf(wanted: Wanted): number {
  let weight = 1
  for (const [name, value] of wanted.fields) {
    if (wanted.rule.entity.inverses.has(name) && isList(value)) weight += value.length
  }
  return weight
}

function sourceOf(sources: ReadonlyMap<string, Source>, rule: Rule): Source {
  const source = sources.get(rule.source)
  if (!source) throw new Error(`The mapping has no source ${rule.source}`)
  return source
}
