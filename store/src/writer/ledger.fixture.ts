import type { Change } from '@zg/core/change/change'
import type { Hlc } from '@zg/core/change/clock'
import { parseEdgeKey } from '@zg/core/change/id'
import type { Json } from '@zg/core/json'
import { films } from '@zg/core/ports/ports.suite'
import type { Entry } from '@zg/core/ports/storage'
import type { Push } from '@zg/core/ports/writer'
import { expect } from 'vitest'
import { fieldName, type Posted } from './pushes.fixture.ts'

/**
 * What a push should have been told, and what it should have left, read off the log as a beginner would: a row lives
 * if some create and no delete of it stand there, and of a register the greatest stamp counts.
 */
export function expectPushes(entries: readonly Entry[], posted: readonly Posted[]): void {
  for (const one of posted) {
    const [outcome, ...again] = one.verdicts
    if (!outcome) throw new Error('Not every push was answered')
    for (const other of again) expect(other).toEqual(outcome)
    const { status, problems, superseded = [] } = outcome.verdict
    const end = outcome.position.seqs[one.scope.tenant] ?? 0
    const own = entries.filter(({ change }) => isOf(change, one))
    if (status === 'rejected') {
      expect(own).toEqual([])
      if (!('changes' in one.deed.work)) continue
      const all = one.stamped.map(push => told(entries.slice(0, end), changesOf(push)).codes)
      expect(all).toContainEqual(codesOf(problems))
      continue
    }
    expect([status, problems]).toEqual(['applied', []])
    expect(own.map(({ seq }) => seq)).toEqual(own.map((_, i) => end - own.length + i + 1))
    expect(own.map(({ last }) => last)).toEqual(own.map((_, i) => i === own.length - 1))
    if (!('changes' in one.deed.work)) continue
    // As stamped by one of the clocks, whole, and once.
    expect(one.stamped.map(changesOf)).toContainEqual(own.map(({ change }) => change))
    const expected = told(
      entries.slice(0, end - own.length),
      own.map(({ change }) => change),
    )
    expect(expected.codes).toEqual([])
    expect(superseded.map(({ id, field }) => `${id} ${field}`)).toEqual(expected.superseded)
  }
  expectOrder(entries)
}

const codesOf = (problems: readonly { readonly code: string }[]) => problems.map(({ code }) => code)

function changesOf({ work }: Push): readonly Change[] {
  return work.kind === 'changes' ? work.changes : []
}

function isOf({ by, mutation }: Change, { scope, stamped }: Posted): boolean {
  const push = stamped[0]
  return by === scope.principal.id && mutation.client === push?.client && mutation.n === push.n
}

/** Each client's mutations stand in the order of their numbers, each whole; no stamp stands twice. */
function expectOrder(entries: readonly Entry[]): void {
  expect(entries.map(({ seq }) => seq)).toEqual(entries.map((_, i) => i + 1))
  expect(new Set(entries.map(({ change }) => change.id)).size).toBe(entries.length)
  const last = new Map<string, number>()
  for (const { change, last: end } of entries) {
    const { client, n, index } = change.mutation
    const known = last.get(`${change.by}/${client}`) ?? -1
    const place = n * 1_000_000 + index
    expect(place).toBeGreaterThan(known)
    if (n > 0) last.set(`${change.by}/${client}`, end ? (n + 1) * 1_000_000 - 1 : place)
  }
}

/** The codes of the first change that is refused, or the fields without effect. */
function told(
  prefix: readonly Entry[],
  changes: readonly Change[],
): { readonly codes: readonly string[]; readonly superseded: readonly string[] } {
  const seen = prefix.map(({ change }) => change)
  const superseded: string[] = []
  for (const change of changes) {
    const codes = refusals(seen, change)
    if (codes.length) return { codes, superseded: [] }
    seen.push(change)
    superseded.push(...hidden(seen, change))
  }
  return { codes: [], superseded }
}

type Life = 'none' | 'live' | 'dead'

function life(seen: readonly Change[], key: string): Life {
  const kinds = seen.filter(change => change.key === key).flatMap(({ ops }) => ops.map(({ kind }) => kind))
  if (kinds.includes('delete')) return 'dead'
  return kinds.includes('create') ? 'live' : 'none'
}

function missing(seen: readonly Change[], key: string): readonly string[] {
  const state = life(seen, key)
  return state === 'live' ? [] : [state === 'dead' ? 'REF_GONE' : 'REF_MISSING']
}

function refusals(seen: readonly Change[], change: Change): readonly string[] {
  const { entity, key, ops } = change
  const [first] = ops
  if (first?.kind === 'edge') {
    const ends = parseEdgeKey(key)
    return first.add && ends ? [ends.from, ends.to].flatMap(end => missing(seen, end)) : []
  }
  const state = life(seen, key)
  if (state === 'dead') return first?.kind === 'create' ? ['ID_GONE'] : []
  if (first?.kind !== 'create' && state === 'none') return ['NOT_FOUND']
  if (first?.kind === 'delete') return []
  const after = [...seen, change]
  const born = first?.kind === 'create' && state === 'none'
  const fields = films.entityByNumber(entity)?.ir.fields ?? []
  return fields.flatMap(({ number, type }) => {
    const [at, value] = register(after, key, number)
    const matters = type.kind === 'ref' && typeof value === 'string' && (born || at === change.id)
    return matters ? missing(seen, String(value)) : []
  })
}

/** The register's value and its stamp. */
function register(seen: readonly Change[], key: string, field: number): readonly [Hlc, Json] {
  let best: readonly [Hlc, Json] = ['', null]
  for (const change of seen) {
    if (change.key !== key) continue
    for (const op of change.ops) {
      if (op.kind === 'register' && op.field === field && change.id > best[0]) best = [change.id, op.value]
    }
  }
  return best
}

function hidden(seen: readonly Change[], { id, entity, key, ops }: Change): readonly string[] {
  if (ops[0]?.kind === 'edge') return []
  const dead = life(seen, key) === 'dead'
  return ops
    .filter(({ field }) => field > 0)
    .filter(({ kind, field }) => dead || (kind === 'register' && register(seen, key, field)[0] !== id))
    .map(({ field }) => `${key} ${fieldName(entity, field)}`)
}
