import type { FieldNullability, SchemaTypes, ShapeFromTypeParam, TypeParam } from '@pothos/core'
import type { ModelIR } from '@zg/core/ir/ir'
import type { MaybePromise } from '@zg/core/ports/scope'
import type { Problem } from '@zg/core/problem'
import type { Row as StoredRow } from '@zg/core/query/query'
import type { Entities } from '../dsl/entity.ts'
import type { Row } from '../dsl/row.ts'

/** A defined model: what `model({ ... }).define({ ... })` gives. */
export interface ZgModel {
  readonly ir: ModelIR
  /** What is wrong with it; a model with problems is refused. */
  readonly problems?: readonly Problem[]
}

/** What of the model a builder shows, and under which names. */
export interface Presentation<Name extends string> {
  /** Only these entities; absent: all. */
  readonly include?: readonly Name[]
  /** Not these. Relations to them are left out with them. */
  readonly exclude?: readonly Name[]
  /** Before the name of every entity: `Shop` makes `ShopOrder`, `shopOrders`, `createShopOrder`. */
  readonly prefix?: string
  /** Which root fields an entity gets; absent: all. */
  readonly operations?: readonly OperationKind[] | ((entity: Name) => readonly OperationKind[])
}

/** `read`: by id, by key and as a list; `live` is the same under Subscription; the others as they are called. */
export type OperationKind = 'read' | 'groups' | 'live' | 'changes' | 'create' | 'update' | 'upsert' | 'delete'

export interface ZgOptions extends Presentation<string> {
  readonly model: ZgModel
}

/** The entities of a model by name; any text where the type of the model does not say. */
export type EntityName<M> = M extends { readonly entities: infer E } ? keyof E & string : string

/** A row of an entity: typed where the type of the model is known. */
export type EntityRow<M, E> = M extends { readonly entities: infer All extends Entities }
  ? E extends keyof All
    ? Row<{ readonly entities: All }, E>
    : never
  : StoredRow

interface Common<Type, Select> {
  readonly type: Type
  readonly description?: string
  readonly deprecationReason?: string
  /** The columns it needs of its row: only these are read, and only these are passed. */
  readonly select: readonly Select[]
}

type Given<Parent, Select extends keyof Parent> = Readonly<Pick<Parent, Select>>

/** A field of an entity that is computed from its row. */
export type CustomField<
  Types extends SchemaTypes,
  Parent,
  Type extends TypeParam<Types>,
  Nullable extends FieldNullability<Type>,
  Select extends keyof Parent & string,
> =
  | (Common<Type, Select> & {
      /** A pure function of the row, from a module that a browser can load. */
      readonly runs: 'anywhere'
      readonly nullable?: Nullable
      readonly use: (row: Given<Parent, Select>) => ShapeFromTypeParam<Types, Type, Nullable>
    })
  | (Common<Type, Select> & {
      /** Needs the gateway's world; null where that cannot be reached, so it is always nullable. */
      readonly runs: 'gateway'
      readonly nullable?: true
      readonly use: (
        row: Given<Parent, Select>,
        context: Types['Context'],
      ) => MaybePromise<ShapeFromTypeParam<Types, Type, true>>
    })
  | (Common<Type, Select> & {
      readonly runs: 'gateway'
      readonly nullable?: true
      /** Called once for all rows of a level; answers in their order, an Error for a row that failed. */
      readonly load: (
        rows: readonly Given<Parent, Select>[],
        context: Types['Context'],
      ) => MaybePromise<readonly (ShapeFromTypeParam<Types, Type, true> | Error)[]>
    })
