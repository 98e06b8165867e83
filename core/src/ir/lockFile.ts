import type { Json } from '../json.ts'
import { type Problem, problem } from '../problem.ts'
import type { EntityLock, FieldLock, Lock, RemovedLock } from './lock.ts'

/** The text of `zg.lock.json`: members sorted by name, one per line, so that two branches merge well. */
export function printLock(lock: Lock): string {
  return `${JSON.stringify(sorted(lock as unknown as Json), null, 2)}\n`
}

/**
 * Reads `zg.lock.json` strictly: whatever this version does not understand is `BAD_LOCK`, all of it at once, and the
 * lock is null. Numbers that are used twice (a bad merge) are found here too.
 */
export function parseLock(text: string): {
  readonly lock: Lock | null
  readonly problems: readonly Problem[]
} {
  const reader = lockReader()
  const lock = reader.lock(parsed(text))
  return reader.problems.length > 0 ? { lock: null, problems: reader.problems } : { lock, problems: [] }
}

const REMEDY = 'restore zg.lock.json from version control'

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function sorted(value: Json): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(members.map(([name, member]) => [name, sorted(member)]))
}

type Path = readonly string[]

function lockReader() {
  const problems: Problem[] = []
  const bad = (path: Path, message: string): void => {
    problems.push(problem('BAD_LOCK', path, `${message}; ${REMEDY}`))
  }

  /** An object with exactly these members. */
  function record(
    value: unknown,
    path: Path,
    members: readonly string[],
  ): { readonly [name: string]: unknown } {
    const given = map(value, path)
    for (const name of Object.keys(given)) {
      if (!members.includes(name)) bad([...path, name], 'This version of ZG does not know the member')
    }
    for (const name of members) if (!Object.hasOwn(given, name)) bad([...path, name], 'The member is missing')
    return given
  }

  function map(value: unknown, path: Path): { readonly [name: string]: unknown } {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
    bad(
      path,
      value === undefined && path.length === 0 ? 'The file is not JSON' : 'An object is expected here',
    )
    return {}
  }

  function each<T>(
    value: unknown,
    path: Path,
    read: (member: unknown, path: Path) => T,
  ): { [name: string]: T } {
    return Object.fromEntries(
      Object.entries(map(value, path)).map(([name, member]) => [name, read(member, [...path, name])]),
    )
  }

  function list<T>(value: unknown, path: Path, read: (member: unknown, path: Path) => T): T[] {
    if (Array.isArray(value)) return value.map((member, at) => read(member, [...path, String(at)]))
    bad(path, 'A list is expected here')
    return []
  }

  function number(value: unknown, path: Path, used: Set<number>): number {
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 1) {
      bad(path, 'A positive integer is expected here')
      return 0
    }
    if (used.has(value)) bad(path, `The number ${value} is used twice`)
    used.add(value)
    return value
  }

  function text(value: unknown, path: Path): string {
    if (typeof value === 'string' && value !== '') return value
    bad(path, 'A name is expected here')
    return ''
  }

  function kind<K extends string>(value: unknown, path: Path, kinds: readonly K[]): K {
    const found = kinds.find(each => each === value)
    if (found === undefined) bad(path, `One of ${kinds.join(', ')} is expected here`)
    return found ?? (kinds[0] as K)
  }

  const crdt = (value: unknown, path: Path) =>
    kind(value, path, ['register', 'counter', 'set', 'json', 'text'] as const)

  function field(value: unknown, path: Path, used: Set<number>): FieldLock {
    const own = record(value, path, ['number', 'kind'])
    return { number: number(own.number, [...path, 'number'], used), kind: crdt(own.kind, [...path, 'kind']) }
  }

  function entity(value: unknown, path: Path, used: Set<number>): EntityLock {
    const own = record(value, path, ['number', 'prefix', 'fields', 'removed'])
    const inside = new Set<number>()
    return {
      number: number(own.number, [...path, 'number'], used),
      prefix: text(own.prefix, [...path, 'prefix']),
      fields: each(own.fields, [...path, 'fields'], (member, at) => field(member, at, inside)),
      removed: list(own.removed, [...path, 'removed'], (member, at) => {
        const { name, ...rest } = record(member, at, ['name', 'number', 'kind'])
        return {
          name: text(name, [...at, 'name']),
          number: number(rest.number, [...at, 'number'], inside),
          kind: crdt(rest.kind, [...at, 'kind']),
        }
      }),
    }
  }

  function removed(value: unknown, path: Path, used: Set<number>): RemovedLock {
    const what = kind(map(value, path).kind, [...path, 'kind'], ['entity', 'relation'] as const)
    const own = record(value, path, ['kind', 'name', 'number', ...(what === 'entity' ? ['prefix'] : [])])
    const common = {
      name: text(own.name, [...path, 'name']),
      number: number(own.number, [...path, 'number'], used),
    }
    return what === 'entity'
      ? { kind: what, ...common, prefix: text(own.prefix, [...path, 'prefix']) }
      : { kind: what, ...common }
  }

  function lock(value: unknown): Lock {
    const own = record(value, [], ['format', 'entities', 'relations', 'removed'])
    if (own.format !== undefined && own.format !== 1) {
      bad(['format'], `This version of ZG reads format 1, not ${JSON.stringify(own.format)}`)
    }
    const used = new Set<number>()
    return {
      format: 1,
      entities: each(own.entities, ['entities'], (member, at) => entity(member, at, used)),
      relations: each(own.relations, ['relations'], (member, at) => {
        const relation = record(member, at, ['number'])
        return { number: number(relation.number, [...at, 'number'], used) }
      }),
      removed: list(own.removed, ['removed'], (member, at) => removed(member, at, used)),
    }
  }

  return { problems, lock }
}
