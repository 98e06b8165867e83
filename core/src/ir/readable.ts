import type { EntityIR, FieldIR } from './ir.ts'

/** What is read of a row as one value. */
export type Readable = Pick<FieldIR, 'name' | 'type' | 'crdt'>

/** The data and to-one fields of an entity, and its computed ones, which read as registers do. */
export function readables({ fields, computed = [] }: EntityIR): readonly Readable[] {
  return [...fields, ...computed.map(({ name, type }): Readable => ({ name, type, crdt: 'register' }))]
}
