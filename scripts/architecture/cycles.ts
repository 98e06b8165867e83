/** The import cycles of a graph: one closed path for each strongly connected part (Tarjan). */
export function cycles(graph: ReadonlyMap<string, readonly string[]>): readonly (readonly string[])[] {
  const found: string[][] = []
  const index = new Map<string, number>()
  const low = new Map<string, number>()
  const stack: string[] = []
  const onStack = new Set<string>()

  const visit = (node: string): void => {
    index.set(node, index.size)
    low.set(node, index.size - 1)
    stack.push(node)
    onStack.add(node)
    for (const next of graph.get(node) ?? []) {
      if (!index.has(next)) {
        visit(next)
        low.set(node, Math.min(low.get(node)!, low.get(next)!))
      } else if (onStack.has(next)) low.set(node, Math.min(low.get(node)!, index.get(next)!))
    }
    if (low.get(node) !== index.get(node)) return
    const part = stack.splice(stack.indexOf(node))
    for (const member of part) onStack.delete(member)
    if (part.length > 1 || graph.get(node)?.includes(node)) found.push(shortest(graph, node, new Set(part)))
  }
  for (const node of graph.keys()) if (!index.has(node)) visit(node)
  return found
}

/** The shortest way from a node back to itself, within its part. */
function shortest(
  graph: ReadonlyMap<string, readonly string[]>,
  from: string,
  part: ReadonlySet<string>,
): string[] {
  const paths: string[][] = [[from]]
  const seen = new Set<string>()
  for (const path of paths) {
    for (const next of graph.get(path.at(-1)!) ?? []) {
      if (next === from) return [...path, from]
      if (!part.has(next) || seen.has(next)) continue
      seen.add(next)
      paths.push([...path, next])
    }
  }
  return [from]
}
