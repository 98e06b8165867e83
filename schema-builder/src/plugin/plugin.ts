import {
  BasePlugin,
  getTypeBrand,
  type PothosInterfaceTypeConfig,
  type PothosOutputFieldConfig,
  type PothosUnionTypeConfig,
  type SchemaTypes,
} from '@pothos/core'
import { catalog } from '@zg/core/ir/catalog'
import type { ModelIR } from '@zg/core/ir/ir'
import { names } from '@zg/core/ir/names'
import { ProblemError } from '@zg/core/problem'
import type { GraphQLFieldResolver, GraphQLSchema, GraphQLTypeResolver } from 'graphql'
import type { DynamicBuilder } from '../define/builder.ts'
import { define } from '../define/define.ts'
import { relayOf } from '../define/relay.ts'
import { chain } from '../execute/maybe.ts'
import { isBound } from '../resolve/bind.ts'
import { entityOf } from '../resolve/entity.ts'
import { items } from '../resolve/items.ts'
import { nodesBeside } from './nodes.ts'
import { operationsOf } from './operations.ts'
import { presented } from './present.ts'
import type { ZgOptions } from './types.ts'
import { withoutUnused } from './used.ts'

/** The name to list under `plugins`. */
export const ZG = 'zg'

/** In `schema.extensions.zg`. */
export interface SchemaExtension {
  /** What is shown of the model, as it is called. */
  readonly ir: ModelIR
}

/** The names of what was defined on a builder for its model. */
const generatedTypes = new WeakMap<object, ReadonlySet<string>>()

type Resolver<Types extends SchemaTypes> = GraphQLFieldResolver<unknown, Types['Context'], object>

/** Adds everything the model generates to whatever else the builder holds. */
export class ZgPlugin<Types extends SchemaTypes> extends BasePlugin<Types> {
  // There is a new plugin per `toSchema`, but one builder: what is defined stays defined.
  override beforeBuild(): void {
    this.runUnique(ZG, () => {
      const { zg } = this.builder.options as { readonly zg?: ZgOptions }
      if (!zg)
        throw new Error('The zg plugin needs a model: new SchemaBuilder({ plugins: [ZG], zg: { model } })')
      if (zg.model.problems?.length) throw new ProblemError(zg.model.problems)
      const builder = this.builder as unknown as DynamicBuilder
      const { typeConfigs } = builder.configStore
      const theirs = new Set(typeConfigs.keys())
      define(builder, presented(zg.model.ir, zg), { relay: relayOf(builder), operations: operationsOf(zg) })
      generatedTypes.set(builder, new Set([...typeConfigs.keys()].filter(name => !theirs.has(name))))
    })
  }

  /** Whoever serves the schema learns from it what it shows. */
  override afterBuild(schema: GraphQLSchema): GraphQLSchema {
    schema.extensions = { ...schema.extensions, zg: { ir: this.shown } satisfies SchemaExtension }
    return withoutUnused(schema, generatedTypes.get(this.builder) ?? new Set())
  }

  /** Lists of the builder's owner are completed by graphql, too. */
  override wrapResolve(resolver: Resolver<Types>, config: PothosOutputFieldConfig<Types>): Resolver<Types> {
    if (config.type.kind !== 'List' || config.kind === 'Subscription' || isBound(resolver)) return resolver
    return (...asked) => chain(resolver(...asked), items)
  }

  /** Relay's plugin finds its nodes by its own ids; ours are told by their prefix, and never reach its decoder. */
  override wrapArgMappers(
    resolver: Resolver<Types>,
    config: PothosOutputFieldConfig<Types>,
  ): Resolver<Types> {
    const relay = relayOf(this.builder)
    if (config.parentType !== 'Query' || !relay?.fields.has(config.name)) return resolver
    return nodesBeside(resolver as never, config.name as 'node' | 'nodes', catalog(this.shown)) as never
  }

  override wrapResolveType(
    resolveType: GraphQLTypeResolver<unknown, Types['Context']>,
    config: PothosInterfaceTypeConfig | PothosUnionTypeConfig,
  ): GraphQLTypeResolver<unknown, Types['Context']> {
    const relay = relayOf(this.builder)
    if (config.name !== relay?.node) return resolveType
    const known = catalog(this.shown)
    const table = names(this.shown).names
    return (value, context, info, type) => {
      const id = getTypeBrand(value as object) ? undefined : (value as { readonly id?: unknown }).id
      const entity = typeof id === 'string' ? entityOf(known, id) : undefined
      return entity ? table.entities[entity.name]?.type : resolveType(value, context, info, type)
    }
  }

  private get shown(): ModelIR {
    const { zg } = this.builder.options as unknown as { readonly zg: ZgOptions }
    return presented(zg.model.ir, zg)
  }
}
