import { existsSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import type { Preprocessor } from 'knip'
import { testFile } from './architecture/table.ts'

// knip's preprocessor. Every file of a package can be imported (`@zg/core/change/clock`), so knip is told to look for
// dead exports in all of them (includeEntryExports). What it then cannot know: the names that a public list passes on
// (src/index.ts) are the package's public face, alive without a user in the repository; and what tests share has no production user.

const preprocess: Preprocessor = options => {
  for (const kind of ['exports', 'types'] as const) {
    for (const [file, issues] of Object.entries(options.issues[kind])) {
      const path = file.startsWith(options.cwd) ? relative(options.cwd, file) : file
      const listed = publicNames(options.cwd, path)
      const shared = options.isProduction && testFile.test(path)
      for (const [key, issue] of Object.entries(issues)) {
        if (!shared && !listed.has(issue.symbol)) continue
        delete issues[key]
        options.counters[kind] -= 1
        options.counters.total -= 1
      }
    }
  }
  return options
}

export default preprocess

/** The public lists of a package: all of it, and for schema-builder the half that needs graphql and Pothos. */
const LISTS = ['index.ts', 'graphql.ts']

/** The names of a file that its package's public lists pass on: `export { a, type B as C } from './path.ts'`. */
function publicNames(root: string, path: string): ReadonlySet<string> {
  const source = join(root, path.split('/src/')[0] ?? '', 'src')
  const names = new Set<string>()
  for (const list of LISTS.map(name => join(source, name)).filter(existsSync)) {
    const text = readFileSync(list, 'utf8')
    for (const [, items = '', from = ''] of text.matchAll(/^export (?:type )?\{([^}]*)\} from '([^']+)'/gm)) {
      if (join(source, from) === join(root, path))
        for (const item of items.split(',')) names.add(nameOf(item))
    }
    // The list itself has no user either.
    if (join(root, path) === list) for (const [name] of text.matchAll(/\w+/g)) names.add(name)
  }
  return names
}

function nameOf(item: string): string {
  const [name = ''] = item
    .trim()
    .replace(/^type /, '')
    .split(' as ')
  return name
}
