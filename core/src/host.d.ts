// The few pure things that every host has (Node, browsers, workers) and that are not part of the language.
// core and schema-builder are checked without DOM and Node types, so that a timer, a random number or the network
// cannot slip in: those come in as arguments. Nothing here may depend on time, chance or the outside world.

declare class TextEncoder {
  encode(input?: string): Uint8Array<ArrayBuffer>
}

declare class TextDecoder {
  constructor(label?: 'utf-8', options?: { readonly fatal?: boolean; readonly ignoreBOM?: boolean })
  decode(input?: ArrayBuffer | ArrayBufferView): string
}

interface AbortSignal {
  readonly aborted: boolean
  readonly reason: unknown
  addEventListener(type: 'abort', listener: () => void, options?: { readonly once?: boolean }): void
  removeEventListener(type: 'abort', listener: () => void): void
  throwIfAborted(): void
}

declare class AbortController {
  readonly signal: AbortSignal
  abort(reason?: unknown): void
}
