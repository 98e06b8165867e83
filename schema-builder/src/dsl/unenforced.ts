import type { Construct } from '@zg/core/ir/ir'
import type { EntityOptions } from './entity.ts'
import type { FieldSpec } from './spec.ts'

/*
 * What parses and is not enforced yet. Whoever builds the enforcement of a construct takes its line out here, and
 * the tests that list the samples' constructs show it.
 */

/** Kinds of field that the IR cannot hold yet. */
const KINDS: ReadonlySet<string> = new Set([
  'decimal',
  'bytes',
  'json',
  'text',
  'state',
  'serial',
  'computed',
  'oneOf',
  'inverse',
])

export function unenforcedParts(path: readonly string[], field: FieldSpec): readonly Construct[] {
  const { kind, unique, indexes, checks, pii, owner } = field
  const isRelation = kind.kind === 'one'
  const constructs = [
    KINDS.has(kind.kind) && `f.${kind.kind}()`,
    kind.kind === 'counter' && kind.min !== undefined && 'f.counter({ min })',
    // One-to-one is enforced; everything else that is unique waits for unique keys.
    unique !== undefined &&
      (!isRelation || unique.within !== undefined || unique.onViolation !== undefined) &&
      '.unique()',
    indexes.includes('fulltext') && ".index('fulltext')",
    checks.length > 0 && '.check()',
    pii && '.pii()',
    owner && '.owner()',
    field.default?.kind === 'function' && '.default(function)',
  ]
  return listed(constructs, path)
}

/** Of `entity({ ... }, options)`. */
export function unenforcedOptions(entity: string, options: EntityOptions<string>): readonly Construct[] {
  const indexes = (options.index ?? []).flatMap(index => ('on' in index ? [index] : []))
  return [
    ...listed([options.tenant !== undefined && 'tenant'], [entity, 'tenant']),
    ...listed([options.aggregate !== undefined && 'aggregate'], [entity, 'aggregate']),
    ...indexes.flatMap(({ on, kind, unique }) =>
      listed(
        [kind === 'fulltext' && 'fulltext index', unique && 'unique index'],
        [entity, 'index', on.join('+')],
      ),
    ),
  ]
}

function listed(
  constructs: readonly (string | false | undefined)[],
  path: readonly string[],
): readonly Construct[] {
  return constructs.filter(construct => typeof construct === 'string').map(construct => ({ construct, path }))
}
