import { startProblems } from '@zg/core/ir/enforced'
import type { ModelIR } from '@zg/core/ir/ir'
import { type Lock, numbered, staleLock } from '@zg/core/ir/lock'
import { type Problem, problem } from '@zg/core/problem'
import type { DefinedModel } from '@zg/schema-builder/dsl/model'

/** What a defined model and its lock file make together. */
export type Parsed =
  | {
      readonly kind: 'parsed'
      readonly model: ModelIR
      /** The text that zg.lock.json should have; `lockIsNew` if it has another or is missing. */
      readonly lock: string
      readonly lockIsNew: boolean
      /** What forbids to serve the model although it is sound; depends on whether the lock may be written. */
      readonly startProblems: (mode: 'dev' | 'start') => readonly Problem[]
    }
  | { readonly kind: 'problems'; readonly problems: readonly Problem[] }

/** Numbers the model by the lock (`lockText` null: there is none yet). All problems at once. */
export function parseModel(
  defined: Pick<DefinedModel, 'ir' | 'problems' | 'renames'>,
  lockText: string | null,
): Parsed {
  if (defined.problems.length) return { kind: 'problems', problems: defined.problems }
  const lock = lockText === null ? null : parseLock(lockText)
  if (lock === undefined) return { kind: 'problems', problems: [UNREADABLE] }
  const { model, lock: next, problems } = numbered(defined.ir, lock, defined.renames)
  if (problems.length) return { kind: 'problems', problems }
  const text = `${JSON.stringify(next, null, 2)}\n`
  return {
    kind: 'parsed',
    model,
    lock: text,
    lockIsNew: text !== lockText,
    startProblems: mode => {
      const stale = mode === 'start' ? staleLock(defined.ir, lock, defined.renames) : null
      return [...(stale ? [stale] : []), ...startProblems(model, { dev: mode === 'dev' })]
    },
  }
}

const UNREADABLE = problem(
  'LOCK_UNREADABLE',
  ['zg.lock.json'],
  'The lock file is damaged (a merge conflict?). Restore it from version control: without its numbers the data cannot be read.',
)

/** Undefined when it is no lock. Its parts are written by `numbered` alone, so the outline is enough to tell. */
function parseLock(text: string): Lock | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isLock(value) ? value : undefined
  } catch {
    return undefined
  }
}

function isLock(value: unknown): value is Lock {
  if (!isObject(value) || value.format !== 1 || !Array.isArray(value.removed) || !isObject(value.relations))
    return false
  const { entities } = value
  return (
    isObject(entities) && Object.values(entities).every(entity => isObject(entity) && isObject(entity.fields))
  )
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
