import type { Construct } from '@zg/core/ir/ir'
import type { EntityOptions } from './entity.ts'
import type { FieldSpec } from './spec.ts'

/*
 * What parses and is not enforced yet. Whoever builds the enforcement of a construct takes its line out here, and
 * the tests that list the samples' constructs show it.
 */

/** Kinds of field that the IR cannot hold yet. */
const KINDS: ReadonlySet<string> = new Set(['state', 'serial'])

export function unenforcedParts(path: readonly string[], field: FieldSpec): readonly Construct[] {
  const { kind, unique, pii, owner } = field
  const constructs = [
    KINDS.has(kind.kind) && `f.${kind.kind}()`,
    kind.kind === 'counter' && kind.min !== undefined && 'f.counter({ min })',
    isRepaired(unique) && `.unique({ onViolation: '${unique?.onViolation}' })`,
    pii && '.pii()',
    owner && '.owner()',
  ]
  return listed(constructs, path)
}

/** Of `entity({ ... }, options)`. */
export function unenforcedOptions(entity: string, options: EntityOptions<string>): readonly Construct[] {
  return [
    ...listed([options.tenant !== undefined && 'tenant'], [entity, 'tenant']),
    ...listed([options.aggregate !== undefined && 'aggregate'], [entity, 'aggregate']),
  ]
}

/** Of the ways to treat a value that is taken, only the refusal exists. */
export function isRepaired(unique: FieldSpec['unique']): boolean {
  return unique?.onViolation !== undefined && unique.onViolation !== 'reject'
}

function listed(
  constructs: readonly (string | false | undefined)[],
  path: readonly string[],
): readonly Construct[] {
  return constructs.filter(construct => typeof construct === 'string').map(construct => ({ construct, path }))
}
