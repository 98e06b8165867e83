import { dirname, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Problem, problem } from '@zg/core/problem'
import type { DefinedModel } from '@zg/schema-builder/dsl/model'
import { loadFault } from './fault.ts'
import { nextVersion } from './versions.ts'

/** What became of a schema file. */
export type Loaded = (
  | { readonly kind: 'loaded'; readonly defined: DefinedModel }
  | { readonly kind: 'failed'; readonly problem: Problem }
) & {
  /** The schema file and all files of the project it imports, as far as they were reached: what to watch. */
  readonly files: readonly string[]
}

/**
 * Runs the schema file and takes its default export. Every call runs it and the project files it imports anew;
 * packages stay loaded. Never throws: whatever the file does is a problem with its file and line.
 */
export async function loadSchema(file: string, folder: string = dirname(file)): Promise<Loaded> {
  const version = nextVersion()
  try {
    const module: { readonly default?: unknown } = await import(version.url(pathToFileURL(file)))
    const exported = module.default
    const files = version.files()
    if (isDefined(exported)) return { kind: 'loaded', defined: exported, files }
    return { kind: 'failed', problem: notDefined(exported, relative(folder, file)), files }
  } catch (error) {
    return { kind: 'failed', problem: loadFault(error, folder), files: version.files() }
  }
}

/** By shape, not by identity: the project may have a copy of the package of its own. */
function isDefined(value: unknown): value is DefinedModel {
  return (
    isObject(value) &&
    'problems' in value &&
    'renames' in value &&
    isObject(value.ir) &&
    'entities' in value.ir
  )
}

function notDefined(value: unknown, path: string): Problem {
  const example = 'export default model({ open: true, entities: { ... } }).define()'
  if (value === undefined)
    return problem('SCHEMA_EXPORT', [path], `The file has no default export. End it with: ${example}`)
  if (isObject(value) && typeof value.define === 'function') {
    return problem(
      'SCHEMA_EXPORT',
      [path],
      'The model is exported without define(). Write: export default model({ ... }).define()',
    )
  }
  return problem('SCHEMA_EXPORT', [path], `The default export is no model. End the file with: ${example}`)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
