import { type Change, distinct, type Instance, merge, NOTHING, undo } from '@zg/core'
import { type Evidence, same, type Tenant, text } from '../evidence.ts'
import { createRandom, type Random } from '../random.ts'
import { rowsOf } from '../replay.ts'

/**
 * Promise 1: the merged state is that of the changes, in whatever order and however often they come; what is made from
 * it can be made again; and taken back change by change nothing is left.
 */
export function* convergence({ history, tenants }: Evidence): Generator<string> {
  const random = createRandom(history.plan.seed, 'convergence')
  for (const tenant of tenants) {
    yield* mergesEqually(tenant, random)
    yield* undoesWhole(tenant)
    yield* indexesRows(history.catalog, tenant)
  }
}

function* mergesEqually({ name, state, replay }: Tenant, random: Random): Generator<string> {
  const changes = new Map<string, Change[]>()
  for (const { change } of state.entries) {
    const place = `${change.entity}/${change.key}`
    const own = changes.get(place)
    if (own) own.push(change)
    else changes.set(place, [change])
  }
  for (const place of new Set([...changes.keys(), ...state.instances.keys()])) {
    const stored = state.instances.get(place)?.instance ?? NOTHING
    const own = changes.get(place) ?? []
    const inOrder = normal(replay.instances.get(place) ?? NOTHING)
    if (!same(inOrder, stored))
      yield `${name} ${place} is ${text(stored)}, and its changes say ${text(inOrder)}`
    const shuffled = normal(merge(distinct(delivery(own, random))))
    if (!same(shuffled, stored))
      yield `${name} ${place} is ${text(stored)}, and in another order ${text(shuffled)}`
  }
}

/** In any order, some of them twice. */
function delivery(changes: readonly Change[], random: Random): readonly Change[] {
  const keyed = [...changes, ...random.some(changes, 0.3)].map(change => ({ change, at: random.next() }))
  return keyed.sort((a, b) => a.at - b.at).map(({ change }) => change)
}

/** An edge without tags is as good as none. */
function normal(instance: Instance): Instance {
  const cell = instance.cells[0]
  return cell?.kind === 'edge' && Object.keys(cell.tags).length === 0 ? NOTHING : instance
}

function* undoesWhole({ name, state }: Tenant): Generator<string> {
  const undone = new Map([...state.instances].map(([place, { instance }]) => [place, instance]))
  for (const { change, before } of state.entries.toReversed()) {
    const place = `${change.entity}/${change.key}`
    undone.set(place, undo(undone.get(place) ?? NOTHING, change, before))
  }
  for (const [place, instance] of undone) {
    if (!same(instance, NOTHING)) yield `${name} ${place}: taken back to its beginning is ${text(instance)}`
  }
}

/** References and claims are those of the rows. */
function* indexesRows(
  { entities }: Evidence['history']['catalog'],
  { name, state, replay }: Tenant,
): Generator<string> {
  const head = replay.at(state.head.seq)
  if (!head) return
  const numbers = new Map(entities.map(({ name: entity, ir }) => [entity, ir.number]))
  const references: string[] = []
  const claims: string[] = []
  for (const { name: entity, ir } of entities) {
    for (const row of rowsOf(head, entity)) {
      for (const { name: field, number, type } of ir.fields) {
        if (type.kind !== 'ref' || row[field] === null) continue
        references.push(`${numbers.get(type.to)}/${row[field]} <- ${ir.number}/${row.id}/${number}`)
      }
      const single = ir.fields.flatMap(({ name: field, type }) =>
        type.kind === 'ref' && type.unique ? [[field]] : [],
      )
      for (const on of [...single, ...ir.indexes.filter(({ unique }) => unique).map(index => index.on)]) {
        const fields = ir.fields.filter(field => on.includes(field.name)).sort((a, b) => a.number - b.number)
        const values = fields.map(field => row[field.name] ?? null)
        if (values.includes(null)) continue
        const index = `${ir.number}.${fields.map(({ number }) => number).join('+')}`
        claims.push(`${index}/${JSON.stringify(values)} ${row.id}`)
      }
    }
  }
  const storedReferences = [...state.inbound].flatMap(([to, list]) =>
    [...list.keys()].map(from => `${to} <- ${from}`),
  )
  const storedClaims = [...state.claims].map(([claim, id]) => `${claim} ${id}`)
  if (!same(storedReferences.sort(), references.sort()))
    yield `${name}: references are ${text(storedReferences)}, and should be ${text(references)}`
  if (!same(storedClaims.sort(), claims.sort()))
    yield `${name}: claims are ${text(storedClaims)}, and should be ${text(claims)}`
}
