import { canonical, type Json } from '../json.ts'
import { type Problem, problem } from '../problem.ts'
import type { CrdtKind, EntityIR, FieldIR, ModelIR } from './ir.ts'
import { defaultPrefix, prefixProblems } from './prefix.ts'

/**
 * What must outlive every edit of the schema: `zg.lock.json`, committed beside it. Changes in the log name entities
 * and fields by number and ids carry the prefix, so neither may ever change or be used again. LOCK.md has the format.
 */
export interface Lock {
  readonly format: 1
  readonly entities: { readonly [entity: string]: EntityLock }
  /** Many-to-many relations, by `Owner.field`; they share the number space of the entities. */
  readonly relations: { readonly [relation: string]: { readonly number: number } }
  /** What the schema no longer has; names, numbers and prefixes stay reserved. */
  readonly removed: readonly RemovedLock[]
}

export interface EntityLock {
  readonly number: number
  readonly prefix: string
  readonly fields: { readonly [field: string]: FieldLock }
  readonly removed: readonly (FieldLock & { readonly name: string })[]
}

export interface FieldLock {
  readonly number: number
  readonly kind: CrdtKind
}

export type RemovedLock =
  | { readonly kind: 'entity'; readonly name: string; readonly number: number; readonly prefix: string }
  | { readonly kind: 'relation'; readonly name: string; readonly number: number }

/** What `.was('old')` said: earlier names by new name (`Post`; `Post.title`, many-to-many included). */
export interface Renames {
  readonly entities: { readonly [entity: string]: readonly string[] }
  readonly fields: { readonly [entityAndField: string]: readonly string[] }
}

const NO_RENAMES: Renames = { entities: {}, fields: {} }

export interface Numbered {
  /** The model with the numbers and prefixes of `lock`. */
  readonly model: ModelIR
  /** The lock that goes with it; to be written only if there are no problems. */
  readonly lock: Lock
  readonly problems: readonly Problem[]
}

/**
 * Gives the model the numbers of the lock and adds what the lock does not know yet. Without a lock everything is
 * numbered in the order of declaration. Idempotent: `numbered(model, numbered(model, lock).lock)` changes nothing.
 */
export function numbered(model: ModelIR, lock: Lock | null, renames: Renames = NO_RENAMES): Numbered {
  const old = lock ?? { format: 1, entities: {}, relations: {}, removed: [] }
  const problems: Problem[] = []
  const entityNames = matched(
    model.entities,
    name => renames.entities[name] ?? [],
    old.entities,
    [],
    problems,
  )
  const relations = relationNames(model, old, renames, entityNames, problems)
  if (lock) problems.push(...unknownRenames(model, old, renames))

  const kept = (name: string): EntityLock | undefined => own(old.entities, entityNames.get(name))
  const next = counter([...Object.values(old.entities), ...Object.values(old.relations), ...old.removed])
  const entities = model.entities.map(entity => {
    const before = kept(entity.name)
    const reserved = reservedName('entity', entity.name, before === undefined, old.removed)
    if (reserved) problems.push(problem('NAME_RESERVED', [entity.name], reserved))
    const prefix = prefixOf(entity, before, old, problems)
    const { fields, lock: locked } = numberFields(entity, before, renames, problems)
    const number = before?.number ?? next()
    return { entity: { ...entity, number, prefix, fields }, lock: { number, prefix, ...locked } }
  })
  const edges = model.relations.map(relation => {
    const before = own(old.relations, relations.get(relation.name))
    const reserved = reservedName('relation', relation.name, before === undefined, old.removed)
    if (reserved) problems.push(problem('NAME_RESERVED', relation.name.split('.'), reserved))
    return { ...relation, number: before?.number ?? next() }
  })
  const numberedEntities = entities.map(({ entity }) => entity)
  // A renamed entity keeps its prefix, and a new one of the old name would compute the same.
  problems.push(...prefixProblems(numberedEntities))
  return {
    model: { ...model, entities: numberedEntities, relations: edges },
    lock: {
      format: 1,
      entities: Object.fromEntries(entities.map(({ entity, lock: locked }) => [entity.name, locked])),
      relations: Object.fromEntries(edges.map(({ name, number }) => [name, { number }])),
      removed: [...old.removed, ...removedOf(old, entityNames, relations)],
    },
    problems,
  }
}

/**
 * `LOCK_STALE` if the model says anything that the lock does not know, or the other way round; null if they fit.
 * A missing lock does not fit.
 */
export function staleLock(model: ModelIR, lock: Lock | null, renames: Renames = NO_RENAMES): Problem | null {
  const remedy = 'run `zg generate` and commit zg.lock.json'
  if (!lock) return problem('LOCK_STALE', [], `There is no zg.lock.json beside the schema; ${remedy}`)
  const after = numbered(model, lock, renames).lock
  const differs = (a: unknown, b: unknown): boolean =>
    canonical(a as Json | undefined) !== canonical(b as Json | undefined)
  if (!differs(after, lock)) return null
  const names = new Set([...Object.keys(after.entities), ...Object.keys(lock.entities)])
  const relations = new Set([...Object.keys(after.relations), ...Object.keys(lock.relations)])
  const stale = [
    ...[...names].filter(name => differs(own(after.entities, name), own(lock.entities, name))),
    ...[...relations].filter(name => differs(own(after.relations, name), own(lock.relations, name))),
  ]
  return problem('LOCK_STALE', [], `zg.lock.json does not fit the schema in ${stale.join(', ')}; ${remedy}`)
}

// ---- entities and relations

/** The name under which the lock knows each member, if it does: its own, or an earlier one that is free. */
function matched(
  members: readonly { readonly name: string }[],
  earlier: (name: string) => readonly string[],
  locked: object,
  path: readonly string[],
  problems: Problem[],
): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  const taken = new Set(members.map(({ name }) => name))
  for (const { name } of members) {
    if (Object.hasOwn(locked, name)) {
      found.set(name, name)
      continue
    }
    const was = earlier(name).find(old => Object.hasOwn(locked, old))
    if (was === undefined) continue
    if (!taken.has(was)) found.set(name, was)
    else
      problems.push(
        problem('BAD_RENAME', [...path, name], `${was} is still used, or renamed twice; take one away`),
      )
    taken.add(was)
  }
  return found
}

/** A many-to-many relation is renamed with its owner, with its field, or with both. */
function relationNames(
  model: ModelIR,
  old: Lock,
  renames: Renames,
  entityNames: ReadonlyMap<string, string>,
  problems: Problem[],
): ReadonlyMap<string, string> {
  const earlier = (name: string): readonly string[] => {
    const [owner = '', field = ''] = name.split('.')
    const owners = [entityNames.get(owner) ?? owner, owner]
    const fields = [field, ...(renames.fields[name] ?? [])]
    return owners.flatMap(from => fields.map(via => `${from}.${via}`)).filter(other => other !== name)
  }
  return matched(model.relations, earlier, old.relations, [], problems)
}

/** A `.was()` that leads nowhere would silently start an empty field beside the one that holds the data. */
function unknownRenames(model: ModelIR, old: Lock, renames: Renames): readonly Problem[] {
  const bad = (path: readonly string[], was: readonly string[]): Problem => {
    const message = `zg.lock.json knows neither ${path.at(-1)} nor ${was.join(', ')}; correct .was(), or take it away`
    return problem('BAD_RENAME', path, message)
  }
  const known = (list: object, name: string, was: readonly string[]): boolean =>
    [name, ...was].some(each => Object.hasOwn(list, each))
  return model.entities.flatMap(({ name, fields, inverses }) => {
    const was = own(renames.entities, name)
    const before = [name, ...(was ?? [])].flatMap(each => own(old.entities, each) ?? [])[0]
    const edges = inverses.filter(({ kind }) => kind === 'edges').map(inverse => inverse.name)
    return [
      ...(was && !before ? [bad([name], was)] : []),
      ...[...fields.map(field => field.name), ...edges].flatMap(field => {
        const olds = own(renames.fields, `${name}.${field}`)
        if (!olds || !before || known(before.fields, field, olds)) return []
        const owners = [name, ...(was ?? [])]
        const isEdge = owners.some(owner =>
          known(
            old.relations,
            `${owner}.${field}`,
            olds.map(each => `${owner}.${each}`),
          ),
        )
        return isEdge ? [] : [bad([name, field], olds)]
      }),
    ]
  })
}

function reservedName(
  kind: RemovedLock['kind'],
  name: string,
  isNew: boolean,
  removed: readonly RemovedLock[],
): string | null {
  return isNew && removed.some(each => each.kind === kind && each.name === name)
    ? reservedMessage(name)
    : null
}

function reservedMessage(name: string): string {
  const remedy = 'take another name, or restore the earlier zg.lock.json if the removal was never deployed'
  return `The name ${name} was removed and stays reserved, because the log still holds its old data; ${remedy}`
}

/** The lock's prefix, whatever the entity is called now: ids carry it for ever. */
function prefixOf(entity: EntityIR, before: EntityLock | undefined, old: Lock, problems: Problem[]): string {
  const path = [entity.name, 'prefix']
  if (before) {
    const isChosen = entity.prefix !== defaultPrefix(entity.name)
    if (isChosen && entity.prefix !== before.prefix) {
      const message = `Ids of ${entity.name} start with \`${before.prefix}_\` for ever; write prefix: '${before.prefix}'`
      problems.push(problem('PREFIX_CHANGED', path, message))
    }
    return before.prefix
  }
  const holder = old.removed.find(each => each.kind === 'entity' && each.prefix === entity.prefix)
  if (holder) {
    const message = `The id prefix \`${entity.prefix}\` was that of ${holder.name} and stays reserved; choose one: entity({ ... }, { prefix: '...' })`
    problems.push(problem('PREFIX_RESERVED', path, message))
  }
  return entity.prefix
}

function removedOf(
  old: Lock,
  entities: ReadonlyMap<string, string>,
  relations: ReadonlyMap<string, string>,
): readonly RemovedLock[] {
  const usedEntities = new Set(entities.values())
  const usedRelations = new Set(relations.values())
  return [
    ...Object.entries(old.entities)
      .filter(([name]) => !usedEntities.has(name))
      .map(([name, { number, prefix }]) => ({ kind: 'entity' as const, name, number, prefix })),
    ...Object.entries(old.relations)
      .filter(([name]) => !usedRelations.has(name))
      .map(([name, { number }]) => ({ kind: 'relation' as const, name, number })),
  ]
}

// ---- fields

function numberFields(
  entity: EntityIR,
  before: EntityLock | undefined,
  renames: Renames,
  problems: Problem[],
): { readonly fields: readonly FieldIR[]; readonly lock: Pick<EntityLock, 'fields' | 'removed'> } {
  const old = before ?? { fields: {}, removed: [] }
  const earlier = (name: string): readonly string[] => renames.fields[`${entity.name}.${name}`] ?? []
  const known = matched(entity.fields, earlier, old.fields, [entity.name], problems)
  const next = counter([...Object.values(old.fields), ...old.removed])
  const kept = new Set<string>()
  const fields = entity.fields.map(field => {
    const name = known.get(field.name)
    const entry = own(old.fields, name)
    if (name !== undefined && entry?.kind === field.crdt) {
      kept.add(name)
      return { ...field, number: entry.number }
    }
    // Another kind merges otherwise, so it is another field: it gets a number of its own and starts empty.
    if (!entry && old.removed.some(removed => removed.name === field.name)) {
      problems.push(problem('NAME_RESERVED', [entity.name, field.name], reservedMessage(field.name)))
    }
    return { ...field, number: next() }
  })
  const gone = Object.entries(old.fields).filter(([name]) => !kept.has(name))
  return {
    fields,
    lock: {
      fields: Object.fromEntries(fields.map(({ name, number, crdt }) => [name, { number, kind: crdt }])),
      removed: [...old.removed, ...gone.map(([name, { number, kind }]) => ({ name, number, kind }))],
    },
  }
}

// ---- small things

/** Counts on from the greatest number ever used. */
function counter(used: readonly { readonly number: number }[]): () => number {
  let last = used.reduce((greatest, { number }) => Math.max(greatest, number), 0)
  return () => ++last
}

/** A member that is the object's own: a field may be called `constructor`. */
function own<T>(members: { readonly [name: string]: T }, name: string | undefined): T | undefined {
  return name !== undefined && Object.hasOwn(members, name) ? members[name] : undefined
}
