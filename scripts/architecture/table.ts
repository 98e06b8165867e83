// The import table of ARCHITECTURE.md, as data. A folder that is not in it may not exist.

const servers = ['core', 'schema-builder', 'store', 'store/src/tables', 'gateway']
/** What stands on top of everything: examples, simulator and benchmarks. */
const everything = [...servers, 'client', 'client/src/graphql', 'codegen', 'codegen/src/commands']

/**
 * Which rooms a room may import, besides itself. A room is a folder with rules of its own; the longest that fits a file
 * counts. No package imports codegen.
 */
export const rooms: Readonly<Record<string, readonly string[]>> = {
  core: [],
  'schema-builder': ['core'],
  store: ['core', 'store/src/tables'],
  'store/src/tables': ['core', 'store'],
  gateway: servers,
  codegen: ['core', 'schema-builder', 'store/src/tables'],
  'codegen/src/commands': [...servers, 'codegen'],
  client: ['core', 'client/src/graphql'],
  'client/src/graphql': ['core', 'schema-builder', 'client'],
  examples: everything,
  sim: everything,
  bench: everything,
  // Tests only: a replica and the gateway it follows.
  'client/test': [...servers, 'client'],
  scripts: [],
}

/** They use packages as a stranger does, by their public lists. */
export const onTop: readonly string[] = ['examples', 'sim', 'bench']

/** Inside core: act -> policy -> query -> ir, act -> change, sync -> ports, change <- tree, ports -> act, query, change. */
export const coreFolders: Readonly<Record<string, readonly string[]>> = {
  ir: [],
  change: [],
  query: ['ir'],
  policy: ['query', 'ir'],
  act: ['policy', 'query', 'ir', 'change'],
  // The writer port takes acts; see docs/decisions/001-ports-may-import-acts.md.
  ports: ['act', 'query', 'ir', 'change'],
  // Messages carry what the ports give and take; see docs/decisions/290-what-arrives-is-checked-once.md.
  sync: ['ports', 'change'],
  tree: ['change'],
  memory: ['ports', 'act', 'query', 'ir', 'change'],
}

/** Rooms that run in browsers and elsewhere: no node: modules. */
export const anyRuntime: readonly string[] = ['core', 'schema-builder', 'client', 'client/src/graphql']

/** Packages that one file alone may import, so that it can be loaded late or replaced. */
export const oneFileOnly: readonly (readonly [folder: string, npm: string])[] = [['core', 'yjs']]

/** The page of GraphiQL and its bundler: what they import is for building. */
export const bundled: readonly string[] = ['gateway/src/graphiql/page.ts', 'gateway/src/graphiql/bundle.ts']

/** Tests, their fixtures, and the suites they share. */
export const testFile = /\.(test|suite|fixture|bench)\.tsx?$|\.test-d\.tsx?$/
