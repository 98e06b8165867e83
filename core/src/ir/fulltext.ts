import type { EntityIR } from './ir.ts'

/** The fields that searching an entity looks at: those of all its fulltext indexes, which are one document. */
export function searchedFields({ indexes }: Pick<EntityIR, 'indexes'>): readonly string[] {
  return [...new Set(indexes.flatMap(({ kind, on }) => (kind === 'fulltext' ? on : [])))]
}
