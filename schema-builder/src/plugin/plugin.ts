import { BasePlugin, type SchemaTypes } from '@pothos/core'
import { ProblemError } from '@zg/core/problem'
import type { DynamicBuilder } from '../define/builder.ts'
import { define } from '../define/define.ts'
import type { ZgOptions } from './types.ts'

/** The name to list under `plugins`. */
export const ZG = 'zg'

/** Adds everything the model generates to whatever else the builder holds. */
export class ZgPlugin<Types extends SchemaTypes> extends BasePlugin<Types> {
  // There is a new plugin per `toSchema`, but one builder: what is defined stays defined.
  override beforeBuild(): void {
    this.runUnique(ZG, () => {
      const { zg } = this.builder.options as { readonly zg?: ZgOptions }
      if (!zg)
        throw new Error('The zg plugin needs a model: new SchemaBuilder({ plugins: [ZG], zg: { model } })')
      if (zg.model.problems?.length) throw new ProblemError(zg.model.problems)
      define(this.builder as unknown as DynamicBuilder, zg.model.ir)
    })
  }
}
