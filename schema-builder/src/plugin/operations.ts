import type { OperationKind, Presentation } from './types.ts'

const ALL: readonly OperationKind[] = [
  'read',
  'groups',
  'live',
  'changes',
  'create',
  'update',
  'upsert',
  'delete',
]

/** Which root fields an entity gets. */
export function operationsOf({
  operations = ALL,
}: Presentation<string>): (entity: string) => ReadonlySet<OperationKind> {
  return entity => new Set(typeof operations === 'function' ? operations(entity) : operations)
}
