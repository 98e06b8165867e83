import { type Problem, problem } from '@zg/core/problem'
import type { FieldSpec, Modifier } from './spec.ts'

const NAMING: readonly Modifier[] = ['was', 'graphql']
const REGISTER: readonly Modifier[] = [
  'optional',
  'default',
  'once',
  'unique',
  'index',
  'check',
  'pii',
  ...NAMING,
]

/** The modifiers each kind has; the types of dsl/field say the same. */
const ALLOWED: { readonly [K in FieldSpec['kind']['kind']]: readonly Modifier[] } = {
  id: [],
  scalar: REGISTER,
  enum: REGISTER,
  decimal: REGISTER,
  bytes: REGISTER,
  json: REGISTER,
  jsonPaths: ['pii', ...NAMING],
  text: ['index', 'check', 'pii', ...NAMING],
  counter: ['index', ...NAMING],
  set: ['pii', ...NAMING],
  state: NAMING,
  serial: NAMING,
  computed: NAMING,
  one: ['optional', 'unique', 'once', 'index', 'onDelete', 'owner', ...NAMING],
  oneOf: ['optional', 'unique', 'onDelete', ...NAMING],
  many: ['was'],
  inverse: ['was'],
  manyToMany: ['was'],
  single: [],
}

const CALLS: { readonly [kind: string]: string } = { jsonPaths: "json({ merge: 'paths' })" }

const WHY: { readonly [M in Modifier]?: string } = {
  optional: 'it is never null',
  default: 'it starts empty, at zero or at its first state',
  unique: 'only registers and to-one relations can be unique',
  onDelete: 'only to-one relations have it',
}

/** The modifiers that a field has and its kind does not: callers without types get told what the compiler would. */
export function refused(path: readonly string[], { kind, modifiers }: FieldSpec): Problem[] {
  const allowed = ALLOWED[kind.kind]
  return [...new Set(modifiers)]
    .filter(modifier => !allowed.includes(modifier))
    .map(modifier => {
      const name = kind.kind === 'scalar' ? kind.scalar : kind.kind
      const why = WHY[modifier] ? ` (${WHY[modifier]})` : ''
      const call = CALLS[kind.kind] ?? `${name}()`
      return problem('BAD_MODIFIER', path, `f.${call} has no .${modifier}()${why}; take it away`)
    })
}
