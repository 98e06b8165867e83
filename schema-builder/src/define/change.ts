import type { FieldMap } from '@pothos/core'
import type { EntityIR } from '@zg/core/ir/ir'
import { type Definition, type DynamicBuilder, entityNames } from './builder.ts'
import { generated } from './field.ts'

export function defineChangeKind(builder: DynamicBuilder): void {
  builder.enumType('ChangeKind', {
    values: {
      UPSERT: { value: 'upsert', description: 'The row is new to the follower, or changed.' },
      DELETE: { value: 'delete', description: 'The row was deleted, for good.' },
      EVICT: { value: 'evict', description: 'The row lives on outside the filter or the permissions.' },
      RESET: {
        value: 'reset',
        description:
          'The last event of the stream, without an id: forget everything and start over with `since: START`, which is the cursor beside it. It comes when a filter across relations is resumed and what it looks at has changed meanwhile, or when it comes to hold too many rows.',
      },
    },
  })
}

/** `MovieChange` and `MovieChangeBatch`: what the feed of an entity sends. */
export function defineChanges({ builder, names }: Definition, entity: EntityIR): void {
  const own = entityNames(names, entity.name)
  builder.objectType(own.change, {
    fields: (t): FieldMap => ({
      kind: generated(t, {
        type: 'ChangeKind',
        nullable: false,
        binding: { kind: 'property', name: 'kind' },
      }),
      id: generated(t, { type: 'ID', nullable: true, binding: { kind: 'property', name: 'id' } }),
      [own.one]: generated(t, {
        type: own.type,
        nullable: true,
        binding: { kind: 'changed', entity: entity.name },
        description: 'The row at this position, after an UPSERT. Its relations are as they are now.',
      }),
    }),
  })
  builder.objectType(own.changeBatch, {
    fields: t => ({
      events: generated(t, {
        type: [own.change],
        nullable: false,
        binding: { kind: 'property', name: 'events' },
        description: 'May be empty: progress without anything to see.',
      }),
      cursor: generated(t, {
        type: 'Cursor',
        nullable: false,
        binding: { kind: 'property', name: 'cursor' },
        description: 'Give it as `since` to go on from here; `START` while the first rows are being told.',
      }),
    }),
  })
}
