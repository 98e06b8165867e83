import { parseAst } from 'vitest/node'

/** `url`: a file started by its address, `new URL('./worker.ts', import.meta.url)`: no module import, no cycle. */
export type Import = { readonly specifier: string; readonly url: boolean }

/** Everything a file names: imports, re-exports, import(), import types, workers. Types count as much as values. */
export function imports(path: string, text: string): readonly Import[] {
  const found: Import[] = []
  visit(parseAst(text, { lang: path.endsWith('x') ? 'tsx' : 'ts' }), node => {
    const named =
      literal(node.source) ?? literal(node.type === 'TSExternalModuleReference' && node.expression)
    if (named !== undefined) found.push({ specifier: named, url: false })
    const address = node.type === 'NewExpression' && isNode(node.callee) && node.callee.name === 'URL'
    const started = address && Array.isArray(node.arguments) ? literal(node.arguments[0]) : undefined
    if (started?.startsWith('.')) found.push({ specifier: started, url: true })
  })
  return found
}

type Node = { readonly [key: string]: unknown }

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null
}

function literal(value: unknown): string | undefined {
  return isNode(value) && value.type === 'Literal' && typeof value.value === 'string'
    ? value.value
    : undefined
}

function visit(value: unknown, see: (node: Node) => void): void {
  if (Array.isArray(value)) for (const item of value) visit(item, see)
  else if (isNode(value)) {
    see(value)
    for (const child of Object.values(value)) visit(child, see)
  }
}
