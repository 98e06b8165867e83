import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Plan } from './plan.ts'

const folder = fileURLToPath(new URL('../corpus', import.meta.url))

/** A shrunk history that once broke a promise, and must not again. */
export interface Kept {
  readonly promise: string
  /** What was wrong then. */
  readonly what: string
  readonly plan: Plan
}

export function readCorpus(): ReadonlyMap<string, Kept> {
  const names = readdirSync(folder).filter(name => name.endsWith('.json'))
  return new Map(
    names.sort().map(name => [name, JSON.parse(readFileSync(join(folder, name), 'utf8')) as Kept]),
  )
}

/** Returns the file's path. */
export function keep(kept: Kept): string {
  const path = join(folder, `${kept.promise}-${kept.plan.seed}.json`)
  writeFileSync(path, `${JSON.stringify(kept, null, 2)}\n`)
  return path
}
