/** What of Relay's types `@pothos/plugin-relay` defines on this builder, so that we use its instead of ours. */
export interface Relay {
  readonly node: string
  readonly pageInfo: string
  /** The root fields that it defines. */
  readonly fields: ReadonlySet<string>
}

interface WithRelay {
  readonly options: {
    readonly plugins?: readonly string[]
    readonly relay?: {
      readonly nodeTypeOptions?: { readonly name?: string }
      readonly pageInfoTypeOptions?: { readonly name?: string }
      readonly nodeQueryOptions?: unknown
      readonly nodesQueryOptions?: unknown
    }
  }
  nodeInterfaceRef?(): unknown
  pageInfoRef?(): unknown
}

/** Null without the plugin. Known by its methods only: it is nobody's dependency here. */
export function relayOf(builder: object): Relay | null {
  const { options, ...found } = asRelay(builder)
  if (!options.plugins?.includes('relay') || !found.nodeInterfaceRef || !found.pageInfoRef) return null
  const { relay = {} } = options
  return {
    node: relay.nodeTypeOptions?.name ?? 'Node',
    pageInfo: relay.pageInfoTypeOptions?.name ?? 'PageInfo',
    fields: new Set([
      ...(relay.nodeQueryOptions === false ? [] : ['node']),
      ...(relay.nodesQueryOptions === false ? [] : ['nodes']),
    ]),
  }
}

/** Makes the plugin define its types now: it does so when they are first asked for. */
export function defineRelay(builder: object): void {
  const { nodeInterfaceRef, pageInfoRef } = asRelay(builder)
  nodeInterfaceRef?.call(builder)
  pageInfoRef?.call(builder)
}

function asRelay(builder: object): WithRelay {
  const { options, nodeInterfaceRef, pageInfoRef } = builder as WithRelay
  return { options, nodeInterfaceRef, pageInfoRef }
}
