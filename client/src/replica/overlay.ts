import type { Address } from '@zg/core/act/needs'
import { addressKey } from '@zg/core/act/overlay'
import type { Change } from '@zg/core/change/change'
import type { Entry } from './outbox.ts'
import type { Slots } from './slot.ts'

/** The changes of mutations whose effect no gateway has sent yet, laid over what it has sent. */
export interface Overlay {
  /** Puts an entry in its place by its id, in place of what it laid there before. */
  lay(entry: Entry): void
  lift(entry: Entry): void
}

export function createOverlay(slots: Slots): Overlay {
  const byAddress = new Map<string, { readonly id: number; readonly change: Change }[]>()

  const alter = (entry: Entry, there: boolean): void => {
    const addresses = new Map<string, Address>(entry.changes.map(change => [addressKey(change), change]))
    for (const [name, { entity, key }] of addresses) {
      const others = (byAddress.get(name) ?? []).filter(({ id }) => id !== entry.id)
      const own = entry.changes.filter(change => change.entity === entity && change.key === key)
      const laid = there ? [...others, ...own.map(change => ({ id: entry.id, change }))] : others
      laid.sort((a, b) => a.id - b.id)
      if (laid.length) byAddress.set(name, laid)
      else byAddress.delete(name)
      slots.overlay(
        { entity, key },
        laid.map(({ change }) => change),
      )
    }
  }
  return {
    lay: entry => alter(entry, true),
    lift: entry => alter(entry, false),
  }
}
