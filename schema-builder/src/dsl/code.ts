import type { StandardSchemaV1 } from '@standard-schema/spec'
import { type Check, checksOf, type ModelCode } from '@zg/core/act/checks'
import type { ModelIR, TypeIR } from '@zg/core/ir/ir'
import { isReference } from '@zg/core/ir/refer'
import type { Json } from '@zg/core/json'
import { type Problem, problem } from '@zg/core/problem'
import type { Entities } from './entity.ts'
import type { FieldSpec } from './spec.ts'

/** The functions of a model, which the IR cannot hold: validation and defaults, by entity and field. */
export function codeOf(entities: Entities): ModelCode {
  return {
    checks: byField(entities, spec => {
      const schemas = schemasOf(spec)
      return schemas.length ? schemas.map(checkOf) : null
    }),
    defaults: byField(entities, spec => (spec.default?.kind === 'function' ? spec.default.make : null)),
  }
}

/** Validates json by the schema it was declared with, and everything by `.check()`. */
export function schemasOf({ kind, checks }: FieldSpec): readonly StandardSchemaV1[] {
  return kind.kind === 'json' && kind.schema ? [kind.schema, ...checks] : checks
}

/**
 * Checks that answer with a promise (`ASYNC_CHECK`), found by trying one value, and defaults that their own check
 * refuses. What a check throws here is its own matter: the value may mean nothing to it.
 */
export function codeProblems({ entities }: ModelIR, { checks }: ModelCode): readonly Problem[] {
  return entities.flatMap(({ name, fields }) =>
    fields.flatMap(({ name: field, type, default: value }) => {
      const path = [name, field]
      const own = checksOf(checks, name, field)
      const late = own.flatMap(check => tried(check, value ?? sampleOf(type))).filter(isLate)
      const refused = value === undefined || late.length ? [] : own.flatMap(check => tried(check, value))
      return [
        ...late.slice(0, 1).map(({ code, message }) => problem(code, path, message)),
        ...refused.map(({ message }) =>
          problem(
            'BAD_DEFAULT',
            path,
            `The default ${JSON.stringify(value)} is refused by its own check: ${message}`,
          ),
        ),
      ]
    }),
  )
}

function byField<T>(entities: Entities, pick: (spec: FieldSpec) => T | null) {
  return Object.fromEntries(
    Object.entries(entities).map(([name, { fields }]) => [
      name,
      Object.fromEntries(
        Object.entries(fields).flatMap(([field, { spec }]): [string, T][] => {
          const picked = pick(spec)
          return picked === null ? [] : [[field, picked]]
        }),
      ),
    ]),
  )
}

/** A Standard Schema as a check: it judges the value and does not change it, whatever it would make of it. */
function checkOf(schema: StandardSchemaV1): Check {
  return value => {
    const result = schema['~standard'].validate(value)
    if ('then' in result) {
      // Nobody waits for it, so nobody must hear of its failure either.
      result.then(undefined, () => {})
      return [problem('ASYNC_CHECK', [], 'The validation answers with a promise; make it synchronous')]
    }
    return (result.issues ?? []).map(({ message, path = [] }) =>
      problem('INVALID', path.map(segment), printable(message)),
    )
  }
}

function segment(part: PropertyKey | StandardSchemaV1.PathSegment): string {
  return printable(String(typeof part === 'object' ? part.key : part))
}

/** Problems are stored with the verdict: half a surrogate pair or U+0000 would be the verdict's end. */
function printable(text: string): string {
  return text.replace(/[\0\p{Surrogate}]/gu, '\ufffd')
}

function isLate({ code }: Problem): boolean {
  return code === 'ASYNC_CHECK'
}

function tried(check: Check, value: Json): readonly Problem[] {
  try {
    return check(value)
  } catch {
    return []
  }
}

/** Any value of the type. */
function sampleOf(type: TypeIR): Json {
  if (type.kind === 'enum') return type.values[0] ?? ''
  if (isReference(type)) return ''
  switch (type.scalar) {
    case 'int':
    case 'float':
      return 1
    case 'boolean':
      return true
    case 'datetime':
      return '2026-11-21T10:00:00.000Z'
    case 'date':
      return '2026-11-21'
    case 'json':
      return {}
    case 'id':
    case 'string':
    case 'bytes':
      return 'text'
    case 'bigint':
    case 'decimal':
      return '1'
  }
}
