import type { FieldMap, InputFieldMap } from '@pothos/core'
import type { EntityIR } from '@zg/core/ir/ir'
import { bind } from '../resolve/bind.ts'
import type { Binding } from '../resolve/binding.ts'
import { PAGE_LIMIT } from '../resolve/page.ts'
import { type Definition, entityNames } from './builder.ts'
import { pageArgs } from './connection.ts'
import { type Generated, generated } from './field.ts'
import { groupsField } from './groups.ts'
import { mutationFields } from './mutation.ts'

/** Adds the root fields to Query, Mutation and Subscription, which the builder's owner may have defined already. */
export function defineRoots(definition: Definition): void {
  const { builder, catalog } = definition
  const present = new Set([...builder.configStore.typeConfigs.values()].map(({ kind }) => kind))
  if (!present.has('Query')) builder.queryType({})
  const provided = definition.relay?.fields ?? new Set()
  const queries = readFields(definition, 'read').filter(([name]) => !provided.has(name))
  builder.queryFields(t => fieldMap(queries, field => generated(t, field)))

  if (!present.has('Subscription')) builder.subscriptionType({})
  builder.subscriptionFields(t => {
    const live = (field: Generated) => {
      const { resolve, subscribe } = bind(field.binding)
      if (!subscribe) throw new Error(`${field.binding.kind} cannot be subscribed to`)
      const { type, nullable, args, description, binding } = field
      return t.field({ type, nullable, args, description, resolve, subscribe, extensions: { zg: binding } })
    }
    return {
      ...fieldMap(
        readFields(definition, 'live').map(([name, field]) => [name, { ...field, ...LIVE }]),
        live,
      ),
      ...fieldMap(
        catalog.model.entities
          .filter(({ name }) => definition.operations(name).has('changes'))
          .map(entity => changesField(definition, entity)),
        live,
      ),
    }
  })

  const writes = catalog.entities.some(({ name }) =>
    WRITES.some(kind => definition.operations(name).has(kind)),
  )
  if (!writes) return
  if (!present.has('Mutation')) builder.mutationType({})
  builder.mutationFields(t =>
    Object.assign({}, ...catalog.model.entities.map(ir => mutationFields(definition, ir, t))),
  )
}

const WRITES = ['create', 'update', 'upsert', 'delete'] as const

type Named = readonly [name: string, field: Generated]

const LIVE = {
  description: 'The same as the query, live: the whole result first, then again whenever it changes.',
}

function readFields(definition: Definition, under: 'read' | 'live'): readonly Named[] {
  const { builder, catalog, names, operations } = definition
  const node = definition.relay?.node ?? 'Node'
  const id = (): InputFieldMap => builder.args(arg => ({ id: arg.field({ type: 'ID', required: true }) }))
  return [
    ['node', { type: node, nullable: true, binding: { kind: 'node' }, args: id() }],
    [
      'nodes',
      {
        type: [node],
        nullable: { list: false, items: true },
        binding: { kind: 'someNodes' },
        args: builder.args(arg => ({ ids: arg.field({ type: ['ID'], required: true }) })),
        description: `Rows by id, in the order asked, null where there is none; ${PAGE_LIMIT} at most.`,
      },
    ],
    ...catalog.model.entities.flatMap((entity): readonly Named[] => {
      const { name } = entity
      const own = entityNames(names, name)
      const rows = { kind: 'rows', entity: name } as const satisfies Binding
      const wanted = operations(name)
      const reads: readonly Named[] = [
        [own.one, { type: own.type, nullable: true, binding: { kind: 'row', entity: name }, args: id() }],
        ...(own.keys.length ? [byKey(definition, name)] : []),
        [
          own.many,
          { type: own.connection, nullable: false, binding: rows, args: pageArgs(definition, name) },
        ],
      ]
      return [
        ...(wanted.has(under) ? reads : []),
        ...(wanted.has('groups') && (under === 'read' || wanted.has('live'))
          ? groupsField(definition, entity)
          : []),
      ]
    }),
  ]
}

function byKey({ builder, names }: Definition, entity: string): Named {
  const own = entityNames(names, entity)
  const args = builder.args(t => ({ key: t.field({ type: own.key, required: true }) }))
  return [own.by, { type: own.type, nullable: true, binding: { kind: 'byKey', entity }, args }]
}

function changesField({ builder, names }: Definition, { name }: EntityIR): Named {
  const own = entityNames(names, name)
  const args = builder.args(t => ({
    where: t.field({ type: own.changeWhere, required: false }),
    since: t.field({
      type: 'Cursor',
      required: false,
      description:
        'Where to go on from: the last cursor received. `START`: first all rows that match, page by page, then what happens to them. Absent: from now.',
    }),
  }))
  const description = 'What happens to the rows that match, without gaps or repeats.'
  return [
    own.changes,
    { type: own.changeBatch, nullable: false, binding: { kind: 'changes', entity: name }, args, description },
  ]
}

function fieldMap(fields: readonly Named[], define: (field: Generated) => FieldMap[string]): FieldMap {
  return Object.fromEntries(fields.map(([name, field]) => [name, define(field)]))
}
