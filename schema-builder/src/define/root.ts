import type { FieldMap, InputFieldMap } from '@pothos/core'
import type { EntityIR } from '@zg/core/ir/ir'
import { bind } from '../resolve/bind.ts'
import type { Binding } from '../resolve/binding.ts'
import { type Definition, entityNames } from './builder.ts'
import { pageArgs } from './connection.ts'
import { type Generated, generated } from './field.ts'
import { mutationFields } from './mutation.ts'

/** Adds the root fields to Query, Mutation and Subscription, which the builder's owner may have defined already. */
export function defineRoots(definition: Definition): void {
  const { builder, catalog } = definition
  const present = new Set([...builder.configStore.typeConfigs.values()].map(({ kind }) => kind))
  if (!present.has('Query')) builder.queryType({})
  builder.queryFields(t => fieldMap(readFields(definition), field => generated(t, field)))

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
        readFields(definition).map(([name, field]) => [name, { ...field, ...LIVE }]),
        live,
      ),
      ...fieldMap(
        catalog.model.entities.map(entity => changesField(definition, entity)),
        live,
      ),
    }
  })

  if (!catalog.entities.length) return
  if (!present.has('Mutation')) builder.mutationType({})
  builder.mutationFields(t =>
    Object.assign({}, ...catalog.model.entities.map(ir => mutationFields(definition, ir, t))),
  )
}

type Named = readonly [name: string, field: Generated]

const LIVE = {
  description: 'The same as the query, live: the whole result first, then again whenever it changes.',
}

function readFields(definition: Definition): readonly Named[] {
  const { builder, catalog, names } = definition
  const id = (): InputFieldMap => builder.args(arg => ({ id: arg.field({ type: 'ID', required: true }) }))
  return [
    ['node', { type: 'Node', nullable: true, binding: { kind: 'node' }, args: id() }],
    ...catalog.model.entities.flatMap(({ name }): readonly Named[] => {
      const own = entityNames(names, name)
      const rows = { kind: 'rows', entity: name } as const satisfies Binding
      return [
        [own.one, { type: own.type, nullable: true, binding: { kind: 'row', entity: name }, args: id() }],
        [
          own.many,
          { type: own.connection, nullable: false, binding: rows, args: pageArgs(definition, name) },
        ],
      ]
    }),
  ]
}

function changesField({ builder, names }: Definition, { name }: EntityIR): Named {
  const own = entityNames(names, name)
  const args = builder.args(t => ({
    where: t.field({ type: own.changeWhere, required: false }),
    since: t.field({
      type: 'Cursor',
      required: false,
      description: 'Where to go on from; absent: from now.',
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
