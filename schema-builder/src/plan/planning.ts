import type { Catalog, EntityView } from '@zg/core/ir/catalog'
import type { Names } from '@zg/core/ir/names'
import type { FieldNode } from 'graphql'
import type { Source } from './collect.ts'
import type { Level, Prepare } from './object.ts'
import type { Reads } from './reads.ts'

/** What planning works from. */
export interface Planning {
  readonly source: Source
  readonly catalog: Catalog
  readonly names: Names
  /** What is asked of rows of one entity. `nodes`: the fields that answer such a row, of which the selections are merged. */
  rows(entity: EntityView, nodes: readonly FieldNode[], reads: Reads): Prepare<Level>
}
