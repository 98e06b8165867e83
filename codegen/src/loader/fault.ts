import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Problem, problem } from '@zg/core/problem'

/** Says what is wrong with a schema file that did not load: the file and line of the project, and what to do. */
export function loadFault(error: unknown, folder: string): Problem {
  const { message, code } = facts(error)
  const place = placeOf(error, folder)
  if (code === 'ERR_MODULE_NOT_FOUND') return missing(message, folder)
  if (code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX') {
    const remedy = 'The file runs as it is, with its types taken away: use only types that can be erased.'
    return problem('SCHEMA_SYNTAX', [place], `${message}. ${remedy}`)
  }
  if (error instanceof SyntaxError)
    return problem('SCHEMA_SYNTAX', [place], `${message}. Correct it and try again.`)
  return problem('SCHEMA_THREW', [place], `The schema file threw: ${message}. Correct it and try again.`)
}

function facts(error: unknown): { readonly message: string; readonly code: unknown } {
  if (error instanceof Error)
    return { message: error.message || error.name, code: 'code' in error ? error.code : undefined }
  return { message: typeof error === 'string' ? error : JSON.stringify(error), code: undefined }
}

function missing(message: string, folder: string): Problem {
  const [, what = 'a module', from = ''] = /'(.*)' imported from (.*)$/s.exec(message) ?? []
  const place = pathOf(from, folder) ?? 'the schema'
  if (message.startsWith('Cannot find package')) {
    return problem('SCHEMA_IMPORT', [place], `The package ${what} is not installed. Run: npm install ${what}`)
  }
  const path = pathOf(what, folder) ?? what
  return problem(
    'SCHEMA_IMPORT',
    [place],
    `There is no file ${path}. Imports name files in full, ending in .ts.`,
  )
}

/** `schema.ts:12`: the innermost line of the project's own, as the stack or the parser has it. */
function placeOf(error: unknown, folder: string): string {
  const stack = error instanceof Error ? (error.stack ?? '') : ''
  for (const [, location = '', line = ''] of stack.matchAll(
    /((?:file:\/\/|\/|[A-Za-z]:\\)[^\s()]*?):(\d+)(?::\d+)?/g,
  )) {
    const path = pathOf(location, folder)
    if (path && !path.includes('node_modules') && !path.startsWith('..')) return `${path}:${line}`
  }
  return 'the schema'
}

function pathOf(location: string, folder: string): string | undefined {
  if (location.startsWith('file:')) {
    const url = new URL(location)
    url.search = ''
    return relative(folder, fileURLToPath(url))
  }
  return /^(\/|[A-Za-z]:\\)/.test(location) ? relative(folder, location.replace(/\?.*$/, '')) : undefined
}
