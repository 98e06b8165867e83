import { existsSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import type { Preprocessor } from 'knip'
import { testFile } from './architecture/table.ts'

// knip's preprocessor. Every file of a package can be imported (`@zg/core/change/clock`), so knip is told to look for
// dead exports in all of them (includeEntryExports). What it then cannot know: the names that src/index.ts lists are
// the package's public face, alive without a user in the repository; and what tests share has no production user.

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

/** The names of a file that the index.ts of its package passes on: `export { a, type B as C } from './path.ts'`. */
function publicNames(root: string, path: string): ReadonlySet<string> {
  const source = join(root, path.split('/src/')[0] ?? '', 'src')
  const index = join(source, 'index.ts')
  const names = new Set<string>()
  if (!existsSync(index)) return names
  const text = readFileSync(index, 'utf8')
  for (const [, list = '', from = ''] of text.matchAll(/^export (?:type )?\{([^}]*)\} from '([^']+)'/gm)) {
    if (join(source, from) !== join(root, path)) continue
    for (const item of list.split(','))
      names.add(
        item
          .trim()
          .replace(/^type /, '')
          .split(' as ')[0]!,
      )
  }
  // The list itself has no user either.
  if (join(root, path) === index) for (const [name] of text.matchAll(/\w+/g)) names.add(name)
  return names
}
