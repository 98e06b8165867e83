import { addressKey } from '@zg/core/act/overlay'
import type { Change } from '@zg/core/change/change'
import { delivery } from '@zg/core/change/history.suite'
import { type Instance, NOTHING } from '@zg/core/change/instance'
import { distinct, merge, undo, visible } from '@zg/core/change/merge'
import { parseChange } from '@zg/core/change/parse'
import { films } from '@zg/core/ports/ports.suite'
import type { Entry } from '@zg/core/ports/storage'
import { expect } from 'vitest'

/**
 * Whatever was written: each instance is the merge of its changes in any order, the log undoes to nothing, nobody points at
 * what is not there, and each change is a legal one. Answers the references and claims that the rows make.
 */
export function expectSound(
  entries: readonly Entry[],
  stored: (key: string) => Instance,
  draw: number,
): { readonly references: readonly string[]; readonly claims: ReadonlyMap<string, string> } {
  const byInstance = new Map<string, Change[]>()
  for (const { change } of entries) {
    expect(parseChange(change)).toBe(change)
    byInstance.set(addressKey(change), [...(byInstance.get(addressKey(change)) ?? []), change])
  }
  const undone = new Map<string, Instance>()
  for (const [key, changes] of byInstance) {
    expect(kept(merge(changes))).toEqual(stored(key))
    expect(kept(merge(distinct(delivery(changes, draw))))).toEqual(stored(key))
    undone.set(key, stored(key))
  }
  for (const { change, before } of entries.toReversed()) {
    const key = addressKey(change)
    undone.set(key, undo(undone.get(key) ?? NOTHING, change, before))
  }
  for (const instance of undone.values()) expect(instance).toEqual(NOTHING)

  const references: string[] = []
  const claims = new Map<string, string>()
  for (const [first] of byInstance.values()) {
    const view = first && films.entityByNumber(first.entity)
    if (!view || !visible(stored(addressKey(first)))) continue
    for (const { number, type } of view.ir.fields) {
      const cell = stored(addressKey(first)).cells[number]
      if (type.kind !== 'ref' || cell?.kind !== 'register' || typeof cell.value !== 'string') continue
      const target = addressKey({ entity: films.entity(type.to).ir.number, key: cell.value })
      expect([addressKey(first), target, visible(stored(target))]).toEqual([addressKey(first), target, true])
      references.push(`${target} <- ${addressKey(first)}/${number}`)
      if (type.unique) claims.set(`${first.entity}.${number}/${JSON.stringify([cell.value])}`, first.key)
    }
  }
  return { references: references.sort(), claims }
}

/** An edge without tags is as good as none. */
function kept(instance: Instance): Instance {
  const cell = instance.cells[0]
  return cell?.kind === 'edge' && Object.keys(cell.tags).length === 0 ? NOTHING : instance
}
