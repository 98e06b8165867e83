import type { DynamicBuilder } from './builder.ts'
import { generated } from './field.ts'

/** The ways a mutation can be refused; `problemType` says which. */
export const PROBLEM_TYPES = [
  'ValidationProblem',
  'NotFoundProblem',
  'ForbiddenProblem',
  'ConflictProblem',
] as const

const MEANING: { readonly [type in (typeof PROBLEM_TYPES)[number]]: string } = {
  ValidationProblem: 'The input is not acceptable as it stands.',
  NotFoundProblem: 'There is no such thing, or the asker may not know of it.',
  ForbiddenProblem: 'The asker may see this but not do it.',
  ConflictProblem: 'It contradicts what is there; look again and decide.',
}

export function defineProblems(builder: DynamicBuilder): void {
  builder.interfaceType('Problem', {
    description: 'Why a mutation was refused: nothing was written. Select it with `... on Problem`.',
    fields: t => ({
      code: generated(t, {
        type: 'String',
        nullable: false,
        binding: { kind: 'property', name: 'code' },
        description: 'Stable, for programs.',
      }),
      message: generated(t, {
        type: 'String',
        nullable: false,
        binding: { kind: 'property', name: 'message' },
        description: 'For developers.',
      }),
      path: generated(t, {
        type: ['String'],
        nullable: false,
        binding: { kind: 'property', name: 'path' },
        description: 'Into the arguments.',
      }),
    }),
    resolveType: value => (value as { __typename: string }).__typename,
  })
  for (const type of PROBLEM_TYPES) {
    builder.objectType(type, { interfaces: ['Problem'], description: MEANING[type] })
  }
}
