import { modelHash } from '@zg/core/ir/hash'
import type { EntityIR, FieldIR, InverseIR, ModelIR, TypeIR } from '@zg/core/ir/ir'
import { type EntityNames, names as namesOf } from '@zg/core/ir/names'
import type { Command } from 'commander'
import { findProject } from '../project/project.ts'
import { requireSchema } from './reading.ts'
import { formatTable } from './table.ts'
import { bold, print } from './terminal.ts'

export function addInspect(program: Command): void {
  program
    .command('inspect')
    .summary('show what ZG makes of the schema')
    .description(
      'Lists entities, fields, how they merge, their numbers, tables and GraphQL names, and whatever is not enforced yet.',
    )
    .argument('[folder]', 'folder of the schema', '.')
    .option('--json', 'print the intermediate representation and all names as JSON')
    .addHelpText('after', '\nExamples:\n  zg inspect\n  zg inspect examples/movies --json')
    .action(async (folder: string, { json }: { readonly json?: boolean }) => {
      const { model } = await requireSchema(await findProject(folder))
      if (json) {
        print(JSON.stringify({ hash: modelHash(model), model, names: namesOf(model).names }, null, 2))
        return
      }
      for (const line of describeModel(model)) print(line)
    })
}

function describeModel(model: ModelIR): readonly string[] {
  const { names } = namesOf(model)
  return [
    `Model ${modelHash(model).slice(0, 12)}, ${model.open ? 'open to everybody' : 'closed'}`,
    ...model.entities.flatMap(entity => {
      const own = names.entities[entity.name]
      return own ? ['', ...describeEntity(entity, own)] : []
    }),
    ...(model.relations.length ? ['', bold('Many-to-many')] : []),
    ...model.relations.map(({ name, number, from, to }) => {
      const edges = names.relations[name]
      return `  ${name} (number ${number}): ${from} to ${to}, table ${edges?.table}(${edges?.from}, ${edges?.to})`
    }),
    ...(model.unenforced.length ? ['', bold('NOT_ENFORCED (dev and start refuse the schema)')] : []),
    ...model.unenforced.map(({ construct, path }) => `  ${path.join('.')}: ${construct}`),
  ]
}

function describeEntity(entity: EntityIR, own: EntityNames): readonly string[] {
  const key = entity.key.length ? `from ${entity.key.join(', ')}` : 'random'
  const root = [own.one, own.many, own.create, own.update, own.delete, own.changes].join(', ')
  const fields = entity.fields.map(field => fieldRow(field, own))
  const inverses = entity.inverses.map(inverse => inverseRow(inverse, own))
  return [
    `${bold(entity.name)} (number ${entity.number}), table ${own.table}, ids ${entity.prefix}_... ${key}`,
    `  GraphQL: type ${own.type}; ${root}`,
    ...formatTable(
      ['field', 'number', 'type', 'merges as', 'column', 'GraphQL'],
      [...fields, ...inverses],
    ).map(line => `  ${line}`),
    ...entity.indexes.map(
      ({ on, kind, unique }) => `  index ${unique ? 'unique ' : ''}${kind} (${on.join(', ')})`,
    ),
  ]
}

function fieldRow(field: FieldIR, own: EntityNames): readonly string[] {
  const { graphql = '', column = '' } = own.fields[field.name] ?? {}
  const notes = [field.optional ? 'optional' : '', field.once ? 'once' : ''].filter(Boolean)
  const type = [typeWords(field.type), ...notes].join(', ')
  return [field.name, String(field.number), type, field.crdt, column ?? '', graphql]
}

function inverseRow(inverse: InverseIR, own: EntityNames): readonly string[] {
  const graphql = own.fields[inverse.name]?.graphql ?? ''
  const [type, merges] =
    inverse.kind === 'edges'
      ? [`edges of ${inverse.relation}`, 'edges']
      : [`${inverse.kind === 'many' ? 'many' : 'one'} ${inverse.from} by ${inverse.via}`, '']
  return [inverse.name, '', type, merges, '', graphql]
}

function typeWords(type: TypeIR): string {
  switch (type.kind) {
    case 'scalar':
      return type.scalar === 'decimal' ? `decimal(${type.scale})` : type.scalar
    case 'enum':
      return type.values.join(' | ')
    case 'ref':
      return `one ${type.to} (${type.unique ? 'unique, ' : ''}${type.onDelete})`
    case 'refs':
      return `one of ${type.to.join(', ')} (${type.unique ? 'unique, ' : ''}${type.onDelete})`
  }
}
