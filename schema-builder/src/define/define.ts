import { catalog } from '@zg/core/ir/catalog'
import type { ModelIR } from '@zg/core/ir/ir'
import { names } from '@zg/core/ir/names'
import { ProblemError } from '@zg/core/problem'
import { defineScalars } from '../scalars/scalars.ts'
import { defineAggregate } from './aggregate.ts'
import type { Definition, DynamicBuilder } from './builder.ts'
import { defineChangeKind, defineChanges } from './change.ts'
import { defineConnection } from './connection.ts'
import { defineEntity } from './entity.ts'
import { defineFilters, defineScalarFilters } from './filter.ts'
import { defineGroups, defineGroupUnit } from './groups.ts'
import { defineCounterInput, defineInputs, defineJsonInput, defineTextInput } from './input.ts'
import { definePayload, defineVerdict } from './mutation.ts'
import { defineNode } from './node.ts'
import { defineDirection, defineOrder } from './order.ts'
import { defineProblems } from './problem.ts'
import { defineRelay } from './relay.ts'
import { defineRoots } from './root.ts'
import { defineUnions } from './union.ts'
import { defineEnums } from './value.ts'

/** Adds all that a model generates to a Pothos builder. Throws a ProblemError if its names clash. */
export function define(
  builder: DynamicBuilder,
  ir: ModelIR,
  shown: Pick<Definition, 'relay' | 'operations'>,
): void {
  const { names: table, problems } = names(ir)
  if (problems.length) throw new ProblemError(problems)
  const definition: Definition = { builder, catalog: catalog(ir), names: table, ...shown }
  defineShared(definition)
  for (const entity of ir.entities) {
    defineEnums(definition, entity)
    defineEntity(definition, entity)
    defineUnions(definition, entity)
    defineConnection(definition, entity)
    defineAggregate(definition, entity)
    defineGroups(definition, entity)
    defineFilters(definition, entity)
    defineOrder(definition, entity)
    defineInputs(definition, entity)
    definePayload(definition, entity)
    defineChanges(definition, entity)
  }
  defineRoots(definition)
}

function defineShared(definition: Definition): void {
  const { builder } = definition
  defineScalars(builder)
  defineScalarFilters(definition)
  defineDirection(builder)
  if (definition.relay) defineRelay(builder)
  else defineNode(builder)
  defineProblems(builder)
  defineVerdict(builder)
  defineCounterInput(builder)
  defineJsonInput(definition)
  defineTextInput(definition)
  defineChangeKind(builder)
  defineGroupUnit(builder)
}
