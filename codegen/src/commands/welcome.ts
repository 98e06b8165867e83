import type { ModelIR } from '@zg/core/ir/ir'
import { names as namesOf } from '@zg/core/ir/names'
import { ENDPOINT } from '@zg/gateway/gateway'
import type { Runtime } from './runtime.ts'
import { bold, dim, near, print } from './terminal.ts'

/** Prints where everything is, and a line to paste. */
export function printWelcome(
  runtime: Runtime,
  model: ModelIR,
  { explorable }: { readonly explorable: boolean },
): void {
  const { url } = runtime.gateway
  const place = runtime.data.hold ? near(runtime.data.place) : runtime.data.place
  print()
  print(
    `${bold('  GraphQL ')}  ${url}${ENDPOINT}  ${dim('HTTP, WebSocket (graphql-ws), SSE', process.stdout)}`,
  )
  if (explorable)
    print(`${bold('  GraphiQL')}  ${url}${ENDPOINT}  ${dim('open it in a browser', process.stdout)}`)
  print(`${bold('  Health  ')}  ${url}/health  ${url}/ready`)
  print(`${bold('  Data    ')}  ${place}`)
  print()
  print(curlLine(url, model))
  print()
}

/** A request that works with any model: the first rows of its first entity. */
function curlLine(url: string, model: ModelIR): string {
  const [entity] = model.entities
  const own = entity && namesOf(model).names.entities[entity.name]
  const field = entity?.fields.find(({ type }) => type.kind !== 'ref')
  const shown = field && own?.fields[field.name]?.graphql
  const query = own
    ? `{ ${own.many}(first: 3) { nodes { id${shown ? ` ${shown}` : ''} } } }`
    : '{ __typename }'
  return `curl ${url}${ENDPOINT} -H 'content-type: application/json' -d '${JSON.stringify({ query })}'`
}
