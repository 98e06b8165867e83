import type { EntityView } from '../ir/catalog.ts'
import type { FieldIR } from '../ir/ir.ts'
import type { Json } from '../json.ts'
import { type Problem, problem } from '../problem.ts'
import { normalForm } from '../query/normal.ts'
import { type Checks, checksOf } from './checks.ts'
import { excess } from './indexed.ts'

/**
 * What a value of its type may still be refused for: too long for an index (`TOO_LONG`), or one of the model's own
 * validation functions. These see the value as it will be stored.
 */
export function validate(
  entity: EntityView,
  field: FieldIR,
  value: Json,
  path: readonly string[],
  checks: Checks,
): readonly Problem[] {
  const normal = normalForm(field.type, value)
  const over = excess(entity.ir, field, normal)
  if (over > 0) {
    const message = `${entity.name}.${field.name} is indexed, and this text is ${over} bytes too long for an index; shorten it`
    return [problem('TOO_LONG', path, message)]
  }
  return checksOf(checks, entity.name, field.name)
    .flatMap(check => check(normal))
    .map(found => ({ ...found, path: [...path, ...found.path] }))
}
