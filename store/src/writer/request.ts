import type { Address, Needs } from '@zg/core/act/needs'
import type { Base } from '@zg/core/change/change'
import type { Scope } from '@zg/core/ports/scope'
import type { Client, VerdictKey } from '@zg/core/ports/storage'
import type { Work } from '@zg/core/ports/writer'
import type { Problem } from '@zg/core/problem'
import type { Repeat } from '../text/prepare.ts'

/** A mutation, and what can be said of it without looking at data. */
export interface Request {
  readonly scope: Scope
  readonly work: Work
  /** What its author held; null: the head. */
  readonly base: Base | null
  /** Why it is refused whatever the data says. Such a one must cause no load: its texts may be unfit for a statement. */
  readonly unfit: readonly Problem[]
  /** Why it is refused if the row lives that the act or change is about; paths start with its index. */
  readonly unfitTexts: readonly Problem[]
  /** What it says again in texts, if that was its author's. */
  readonly repeats: readonly Repeat[]
  /** Not even a mutation: looking at it threw. */
  readonly broken: { readonly error: unknown } | null
  /** `Outcome.ids`; none of a mutation that is unfit. */
  readonly ids: readonly string[]
  /** Under what its verdict is kept; null: answered, not stored. */
  readonly retry: Retry | null
  /** What judging it is known to ask for; nothing of what is unfit. */
  readonly needs: Needs
  /** What it will ask for that cannot be there. */
  readonly fresh: readonly Address[]
  /** Only creates and changes a few rows, whatever the data says. */
  readonly brief: boolean
}

/** What it says, before it is known what that asks for. */
export type Read = Omit<Request, 'needs' | 'fresh' | 'brief'>

export interface Retry {
  readonly key: VerdictKey
  readonly text: string
  readonly body: string
  /** A replica's: it numbers its mutations, and none may be left out. */
  readonly numbered: boolean
}

export function retryOf(key: VerdictKey, body: string, numbered: boolean): Retry {
  return { key, text: JSON.stringify(key), body, numbered }
}

export function retriesOf(requests: readonly Request[]): readonly Retry[] {
  return requests.flatMap(({ retry }) => retry ?? [])
}

export function clientText({ by, client }: Client): string {
  return JSON.stringify([by, client])
}
