import type { Address } from '@zg/core/act/needs'
import { addressKey } from '@zg/core/act/overlay'
import type { Change } from '@zg/core/change/change'
import { type Instance, NOTHING } from '@zg/core/change/instance'
import type { TextSource } from '@zg/core/change/kinds/text'
import { merge } from '@zg/core/change/merge'

/** One row or edge as the replica knows it. */
export interface Slot extends Address {
  /** The merged state that a gateway has sent; null: it has sent none. */
  readonly confirmed: Instance | null
  /** Of fields of kind text, as far as a gateway has sent them. */
  readonly texts: Texts
  /** Changes of mutations whose effect is not in `confirmed`, oldest first. */
  readonly pending: readonly Change[]
  /** What is seen: both merged. */
  readonly shown: Instance
}

/** By number of the field. */
export type Texts = ReadonlyMap<number, TextSource>

export const NO_TEXTS: Texts = new Map()

/** Slots by address. A slot that holds nothing is none. */
export interface Slots {
  get(address: Address): Slot | undefined
  shown(address: Address): Instance
  put(address: Address, confirmed: Instance | null, texts: Texts): void
  overlay(address: Address, pending: readonly Change[]): void
  values(): Iterable<Slot>
  /** What was put or overlaid since the last call: what stood there before, by `addressKey`. */
  take(): ReadonlyMap<string, Address & { readonly before: Slot | undefined }>
}

export function createSlots(): Slots {
  const slots = new Map<string, Slot>()
  let touched = new Map<string, Address & { readonly before: Slot | undefined }>()

  const set = (address: Address, slot: Omit<Slot, keyof Address | 'shown'>): void => {
    const { entity, key } = address
    const name = addressKey(address)
    const before = slots.get(name)
    if (!touched.has(name)) touched.set(name, { entity, key, before })
    if (slot.confirmed === null && slot.pending.length === 0) slots.delete(name)
    else {
      const shown = merge(slot.pending, slot.confirmed ?? NOTHING)
      slots.set(name, { entity, key, ...slot, shown })
    }
  }
  const get = (address: Address) => slots.get(addressKey(address))

  return {
    get,
    shown: address => get(address)?.shown ?? NOTHING,
    put: (address, confirmed, texts) =>
      set(address, { confirmed, texts, pending: get(address)?.pending ?? [] }),
    overlay: (address, pending) => {
      const slot = get(address)
      set(address, { confirmed: slot?.confirmed ?? null, texts: slot?.texts ?? NO_TEXTS, pending })
    },
    values: () => slots.values(),
    take: () => {
      const taken = touched
      touched = new Map()
      return taken
    },
  }
}
