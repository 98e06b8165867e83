import { visible } from '../change/merge.ts'
import { clocksOf } from '../change/value.ts'
import type { EntityView } from '../ir/catalog.ts'
import { isReference } from '../ir/refer.ts'
import { type Problem, problem } from '../problem.ts'
import type { Act } from './act.ts'
import { MUTATION_LIMIT } from './limit.ts'
import type { Address, Needs, Reference } from './needs.ts'
import { addressKey } from './overlay.ts'
import { need, rowAddress, type Step } from './step.ts'

/**
 * Deletes a row. Inbound relations are expanded into explicit changes: cascade deletes, setNull clears, and
 * `restrict` refuses unless the referring row goes in the same cascade. Edges need no change of their own:
 * an edge is visible iff both ends are.
 */
export function* remove(
  step: Step,
  act: Extract<Act, { kind: 'delete' }>,
): Generator<Needs, readonly Problem[], void> {
  const { catalog, draft, author } = step
  const root = rowAddress(catalog.entity(act.entity), act.id)
  const path = [...step.path, 'id']
  yield* need(draft, { instances: [root] })
  const present = draft.instance(root)
  // Gone as asked: along with an earlier row of this mutation, or before a replica's wish came.
  if (present.dead && (author.synced || author.causeOf(root, 0))) return []
  if (!visible(present)) return [problem('NOT_FOUND', path, `There is no ${act.entity} ${act.id}`)]

  const fate = yield* consequences(step, root)
  if (fate.kind === 'tooLarge') {
    const message = `Deleting ${act.id} would change more than ${MUTATION_LIMIT} rows; delete them in parts first`
    return [problem('TOO_LARGE', path, message)]
  }
  if (fate.kind === 'restricted') {
    return [problem('RESTRICTED', path, `Other rows still refer to ${act.id}; delete or move them first`)]
  }
  if (author.apart && !act.force && (yield* goesUnseen(step, fate.along))) {
    const message = `Deleting ${act.id} would delete rows that came since you looked; look again, or force it`
    return [problem('UNSEEN_ROWS', path, message)]
  }
  const cause = { at: path, own: false }
  for (const { entity, key, field } of fate.cleared) {
    author.write({ entity, key }, [{ field, kind: 'register', value: null }], cause)
  }
  // Children go before their parents, so that no prefix of the log shows a row without its owner.
  for (const address of [...fate.doomed].reverse()) {
    author.write(address, [{ field: 0, kind: 'delete' }], cause)
  }
  return []
}

type Fate =
  | { readonly kind: 'restricted' }
  | { readonly kind: 'tooLarge' }
  | {
      readonly kind: 'allowed'
      readonly doomed: readonly Address[]
      /** Why rows are deleted along. */
      readonly along: readonly Reference[]
      readonly cleared: readonly Reference[]
    }

/** Follows inbound references level by level: one load per level, however many rows. */
function* consequences({ catalog, draft }: Step, root: Address): Generator<Needs, Fate, void> {
  const doomed = new Map([[addressKey(root), root]])
  const along: Reference[] = []
  const cleared: Reference[] = []
  const restricting: Reference[] = []
  let level: readonly Address[] = [root]
  while (level.length) {
    yield* need(draft, { inbound: level })
    const references = level.flatMap(address => draft.inbound(address))
    yield* need(draft, { instances: references })
    const next: Address[] = []
    for (const reference of references) {
      const { entity, key, field } = reference
      const action = onDeleteOf(catalog.entityByNumber(entity), field)
      if (action === 'restrict') restricting.push(reference)
      else if (action === 'setNull') cleared.push(reference)
      else if (!doomed.has(addressKey(reference))) {
        doomed.set(addressKey(reference), { entity, key })
        next.push({ entity, key })
        along.push(reference)
      }
    }
    if (doomed.size + cleared.length > MUTATION_LIMIT) return { kind: 'tooLarge' }
    level = next
  }
  const survives = (reference: Reference) => !doomed.has(addressKey(reference))
  if (restricting.some(survives)) return { kind: 'restricted' }
  return { kind: 'allowed', doomed: [...doomed.values()], along, cleared: cleared.filter(survives) }
}

/** Whether any of these references was made by a change that the author had not seen. */
function* goesUnseen(
  { draft, author }: Step,
  references: readonly Reference[],
): Generator<Needs, boolean, void> {
  const stamps = references.flatMap(reference => clocksOf(draft.instance(reference), [reference.field]))
  yield* need(draft, { stamps })
  return stamps.some(stamp => !author.saw(draft.logged(stamp)))
}

function onDeleteOf(entity: EntityView | undefined, number: number): 'restrict' | 'cascade' | 'setNull' {
  const field = entity?.fieldsByNumber.get(number)
  if (!field || !isReference(field.type))
    throw new Error(`Field ${number} of ${entity?.name} is not a relation`)
  return field.type.onDelete
}
