import { formatProblem } from '@zg/core/problem'
import type { Entities } from './entity.ts'
import { model } from './model.ts'

/** What is wrong with an open model of these, line by line. */
export function problemsOf(entities: Entities, behaviour: object = {}): readonly string[] {
  return model({ open: true, entities }).define(behaviour).problems.map(formatProblem)
}
