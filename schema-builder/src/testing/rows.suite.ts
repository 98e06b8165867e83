import { parseDecimal } from '@zg/core/decimal'
import { catalog as catalogOf } from '@zg/core/ir/catalog'
import type { FieldIR, ModelIR, TypeIR } from '@zg/core/ir/ir'
import type { Json } from '@zg/core/json'
import { memoryReader } from '@zg/core/memory/reader'
import { createRowStore } from '@zg/core/memory/rows'
import type { Reader } from '@zg/core/ports/reader'
import { stateOf } from '@zg/core/query/query'
import type { Choose } from './document.suite.ts'

/**
 * A few random rows of any model, related at random. Most are as a store would give them; some are not: values missing
 * where they are required, of another type, or leading nowhere, for which an answer has errors.
 */
export function anyRows(
  ir: ModelIR,
  choose: Choose,
): { readonly reader: Reader; readonly ids: readonly string[] } {
  const catalog = catalogOf(ir)
  const store = createRowStore(catalog)
  const pick = <T>(options: readonly T[]): T => options[choose(options.length)] as T
  const idsOf = new Map(
    ir.entities.map(({ name, prefix }) => [name, Array.from({ length: 4 }, (_, i) => `${prefix}_${i}`)]),
  )
  const target = (type: TypeIR): Json => {
    const to = type.kind === 'ref' ? [type.to] : type.kind === 'refs' ? type.to : []
    return pick([...to.flatMap(name => idsOf.get(name) ?? []), null, 'p0_none', 'nobody'])
  }
  const anyValue = ({ type, crdt, optional }: FieldIR): Json => {
    if (type.kind === 'ref' || type.kind === 'refs') return target(type)
    if (optional && choose(3) === 1) return null
    if (choose(40) === 1 && crdt !== 'counter') return pick(oddOf(type))
    if (crdt === 'json') return pick<Json>([{}, { a: { b: 1 } }, { list: [1, null] }])
    if (crdt === 'counter') return pick(['0', '-7', '9007199254740993'])
    const element = (): Json => elementOf(type, pick)
    return crdt === 'set' ? Array.from({ length: choose(3) }, element) : element()
  }
  for (const entity of ir.entities) {
    // The last one of each is not there.
    for (const id of idsOf.get(entity.name)?.slice(0, 1 + choose(3)) ?? []) {
      const row: { id: string; [field: string]: Json } = { id }
      for (const field of entity.fields) {
        row[field.name] = anyValue(field)
        if (field.crdt === 'text') row[stateOf(field.name)] = 'AAA'
      }
      store.putRow(entity.name, row)
    }
  }
  for (const { name, from, to } of ir.relations) {
    for (let i = choose(8); i > 0; i--)
      store.putEdge(name, pick(idsOf.get(from) ?? []), pick(idsOf.get(to) ?? []))
  }
  const rows = store.snapshot()
  return {
    reader: memoryReader({ catalog, log: 'any', source: () => ({ seq: 1, rows }) }),
    ids: [...idsOf.values()].flat(),
  }
}

/** What no store gives, yet no port trips over: for the errors of answers. */
function oddOf(type: TypeIR): readonly Json[] {
  if (type.kind === 'enum') return [null, 'odd']
  if (type.kind !== 'scalar') return [null]
  switch (type.scalar) {
    case 'int':
      return [null, 2 ** 40]
    case 'string':
    case 'id':
      return [null, true, ['x']]
    case 'boolean':
      return [null, 'odd', 2]
    default:
      return [null]
  }
}

function elementOf(type: TypeIR, pick: <T>(options: readonly T[]) => T): Json {
  if (type.kind === 'enum') return pick(type.values)
  if (type.kind !== 'scalar') return null
  switch (type.scalar) {
    case 'int':
      return pick([0, -1, 2 ** 31 - 1, -(2 ** 31)])
    case 'float':
      return pick([0.1, -0, 1e300, 5e-324])
    case 'boolean':
      return pick([true, false])
    case 'bigint':
      return pick(['0', '-9223372036854775808'])
    case 'decimal':
      return parseDecimal(pick(['0', '-1']), type.scale) ?? null
    case 'datetime':
      return '2026-11-21T10:00:00.000Z'
    case 'date':
      return '2026-11-21'
    case 'bytes':
      return pick(['', 'AQID'])
    case 'json':
      return pick<Json>([{ b: 1, a: [null, 'x'] }, 'text', 0])
    default:
      return pick(['a', 'B "quoted" \\ \n', '\u2028 \u0001', '\ud83d\ude00 ß', ''])
  }
}
