import type { ModelCode } from '@zg/core/act/checks'
import { startProblems } from '@zg/core/ir/enforced'
import type { ModelIR } from '@zg/core/ir/ir'
import { numbered, staleLock } from '@zg/core/ir/lock'
import { parseLock, printLock } from '@zg/core/ir/lockFile'
import type { Problem } from '@zg/core/problem'
import type { DefinedModel } from '@zg/schema-builder/dsl/model'

/** What a defined model and its lock file make together. */
export type Parsed =
  | {
      readonly kind: 'parsed'
      readonly model: ModelIR
      /** Its functions. */
      readonly code: ModelCode
      /** The text that zg.lock.json should have; `lockIsNew` if it has another or is missing. */
      readonly lock: string
      readonly lockIsNew: boolean
      /** What forbids to serve the model although it is sound; depends on whether the lock may be written. */
      readonly startProblems: (mode: 'dev' | 'start') => readonly Problem[]
    }
  | { readonly kind: 'problems'; readonly problems: readonly Problem[] }

/** Numbers the model by the lock (`lockText` null: there is none yet). All problems at once. */
export function parseModel(
  defined: Pick<DefinedModel, 'ir' | 'problems' | 'renames' | 'checks' | 'defaults'>,
  lockText: string | null,
): Parsed {
  if (defined.problems.length) return { kind: 'problems', problems: defined.problems }
  const { lock, problems: lockProblems } = lockText === null ? NO_LOCK : parseLock(lockText)
  if (lockProblems.length) return { kind: 'problems', problems: lockProblems }
  const { model, lock: next, problems } = numbered(defined.ir, lock, defined.renames)
  if (problems.length) return { kind: 'problems', problems }
  const text = printLock(next)
  return {
    kind: 'parsed',
    model,
    code: defined,
    lock: text,
    lockIsNew: text !== lockText,
    startProblems: mode => {
      const stale = mode === 'start' ? staleLock(defined.ir, lock, defined.renames) : null
      return [...(stale ? [stale] : []), ...startProblems(model, { dev: mode === 'dev' })]
    },
  }
}

const NO_LOCK: ReturnType<typeof parseLock> = { lock: null, problems: [] }
