import type { ExecutionResult } from 'graphql'

const texts = new WeakMap<ExecutionResult, string>()

/** A result that a plan has written: its `data` is read from the text when somebody looks at it. */
export function answered(data: string): ExecutionResult {
  let parsed: { readonly data: ExecutionResult['data'] } | undefined
  const result: ExecutionResult = {
    get data() {
      parsed ??= { data: JSON.parse(data) }
      return parsed.data
    },
  }
  texts.set(result, `{"data":${data}}`)
  return result
}

/** A result as JSON text, at no cost if it was written by a plan. */
export function textOf(result: ExecutionResult): string {
  return texts.get(result) ?? JSON.stringify(result)
}
