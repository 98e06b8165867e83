// The little that postgraphile.ts uses: types are checked also where bench's dependencies are not installed.

declare module 'postgraphile' {
  import type { Server } from 'node:http'
  export function postgraphile(preset: object): {
    createServ(grafserv: unknown): { addTo(server: Server): Promise<void> }
    getSchema(): Promise<unknown>
  }
}
declare module 'postgraphile/presets/amber' {
  export const PostGraphileAmberPreset: object
}
declare module 'postgraphile/adaptors/pg' {
  export function makePgService(options: object): object
}
declare module 'postgraphile/grafserv/node' {
  export const grafserv: unknown
}

declare module 'autocannon' {
  interface Result {
    readonly duration: number
    readonly '2xx': number
    readonly non2xx: number
    readonly errors: number
    readonly timeouts: number
    readonly throughput: { readonly average: number }
  }
  export default function autocannon(options: object): Promise<Result>
}
