import { changeBytes } from '../change/bytes.ts'
import type { Base, Change } from '../change/change.ts'
import { parseHlc } from '../change/clock.ts'
import { parseChange } from '../change/parse.ts'
import type { Catalog } from '../ir/catalog.ts'
import type { TypeIR } from '../ir/ir.ts'
import { canonical, type Json } from '../json.ts'
import { type Problem, problem } from '../problem.ts'
import { normalForm } from '../query/normal.ts'
import type { Act } from './act.ts'
import { checkAct, checkEdge } from './check.ts'
import type { Checks } from './checks.ts'
import { guardedMembers } from './lane.ts'
import { MUTATION_BYTES, MUTATION_LIMIT } from './limit.ts'
import { subjectOf } from './ofChange.ts'
import { printable } from './printable.ts'

/** Whose a push is, as those know who hand it in. */
export interface Claimed {
  readonly tenant: string
  readonly by: string
  readonly client: string
  readonly n: number
  readonly base: Base | null
}

/**
 * What can be said of pushed changes without looking at data: their form, whose they are, and all that is said of acts
 * (`checkAct`). Takes what strangers send. Empty: they are changes, and prefetching them reaches no statement with
 * what no store can hold. O(size).
 */
export function checkChanges(
  catalog: Catalog,
  changes: readonly unknown[],
  claimed: Claimed,
  checks: Checks = {},
): readonly Problem[] {
  if (changes.length > MUTATION_LIMIT) {
    return [problem('TOO_LARGE', [], `One mutation may have ${MUTATION_LIMIT} changes at most; split it`)]
  }
  const parsed: Change[] = []
  let bytes = 0
  for (const [i, value] of changes.entries()) {
    const change = parseChange(value)
    if ('code' in change) return [inPlace(change, i)]
    parsed.push(change)
    bytes += changeBytes(change).length
    if (bytes > MUTATION_BYTES) {
      return [problem('TOO_LARGE', [], `One mutation may have ${MUTATION_BYTES} bytes at most; split it`)]
    }
  }
  const forged = parsed.flatMap((change, i) => forgery(change, i, parsed[i - 1], claimed))
  if (forged.length) return forged.slice(0, 1)
  return parsed.flatMap((change, i) => checkChange(catalog, change, [String(i)], checks))
}

/** What a stranger called a member must be text that every store can hold: it goes into the verdict. */
function inPlace({ code, message, path }: Problem, i: number): Problem {
  return { code, message: printable(message), path: [String(i), ...path.map(printable)] }
}

function forgery(
  { id, tenant, by, base, mutation }: Change,
  i: number,
  previous: Change | undefined,
  claimed: Claimed,
): readonly Problem[] {
  const forged = (member: string, what: string) => [problem('FORGED', [String(i), member], what)]
  if (tenant !== claimed.tenant) return forged('tenant', 'The change is of another tenant than its push')
  if (by !== claimed.by) return forged('by', 'The change is by somebody else than its push')
  const { client, n, index } = mutation
  if (client !== claimed.client || n !== claimed.n || index !== i) {
    return forged('mutation', 'The change says another client, n or index than its place in the push')
  }
  if (canonical(base as unknown as Json) !== canonical(claimed.base as unknown as Json)) {
    return forged('base', 'The change has another base than its push')
  }
  if (!previous) return []
  if (parseHlc(id).replica !== parseHlc(previous.id).replica) {
    return forged('id', 'A mutation is made by one replica, and stamped by its clock alone')
  }
  return id > previous.id ? [] : forged('id', 'The stamps of a mutation rise from change to change')
}

function checkChange(
  catalog: Catalog,
  change: Change,
  path: readonly string[],
  checks: Checks,
): readonly Problem[] {
  const subject = subjectOf(catalog, change, path)
  if (!('kind' in subject)) return subject
  if (subject.kind === 'edge') return checkEdge(catalog, subject, path)
  const { entity, act } = subject
  const problems = [...checkAct(catalog, act, path, checks), ...guarded(catalog, act, path)]
  if (problems.length || act.kind === 'delete') return problems
  return change.ops.flatMap(op => {
    const field = entity.fieldsByNumber.get(op.field)
    if (!field) return []
    const values =
      op.kind === 'register'
        ? [op.value]
        : op.kind === 'set'
          ? [...op.add, ...op.remove.map(({ element }) => element)]
          : op.kind === 'json'
            ? op.set.map(({ value }) => value)
            : []
    return values.every(value => isNormal(field.type, value)) ? [] : [abnormal([...path, field.name])]
  })
}

/** Logged as they are, two forms of one value would be two values. */
function isNormal(type: TypeIR, value: Json): boolean {
  return canonical(normalForm(type, value)) === canonical(value)
}

function abnormal(path: readonly string[]): Problem {
  return problem(
    'BAD_VALUE',
    path,
    `${path.at(-1)} is not in the one form that values of its type are kept in`,
  )
}

function guarded(catalog: Catalog, act: Act, path: readonly string[]): readonly Problem[] {
  return guardedMembers(catalog, act).map(name => {
    const message = `${act.entity}.${name} is guarded: send the mutation as what it wants, not as what it changed`
    return problem('GUARDED', [...path, name], message)
  })
}
