import { claimOf } from '@zg/core/act/claim'
import { visible } from '@zg/core/change/merge'
import type { Catalog } from '@zg/core/ir/catalog'
import { uniqueKeys } from '@zg/core/ir/unique'
import type { Writes } from '@zg/core/ports/storage'
import type { Told } from './told.ts'

/** What rows hold of their unique keys. */
export function claimsOf(catalog: Catalog, rows: readonly Told[]): Writes['claims'] {
  return rows.flatMap(({ entity, key: id, instance }) => {
    const view = visible(instance) ? catalog.entityByNumber(entity) : undefined
    if (!view) return []
    return uniqueKeys(view.ir).flatMap(key => {
      const values = key.on.map(({ number }) => {
        const cell = instance.cells[number]
        return cell?.kind === 'register' ? cell.value : null
      })
      const claim = claimOf(key, values)
      return claim ? [{ ...claim, id }] : []
    })
  })
}
