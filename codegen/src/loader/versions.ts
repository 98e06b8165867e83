import { registerHooks } from 'node:module'
import { fileURLToPath } from 'node:url'

// Node keeps every module it has loaded, by URL, for ever. To load a project's files anew, their URLs carry a version:
// a file imported by a file of version 7 is of version 7. Packages stay as they are: they are not being edited, and a
// second copy of @zg/core or graphql would not recognise the first one's objects.

const PARAMETER = 'zg'

/** Files of each version, in the order they were asked for; kept for the version's loader until it takes them. */
const files = new Map<string, Set<string>>()
let counter = 0
let hooked = false

export interface Version {
  /** The URL under which the file is loaded in this version. */
  url(fileUrl: URL): string
  /** All files of the project that were asked for so far, including those that failed to load or are missing. */
  files(): readonly string[]
}

export function nextVersion(): Version {
  hook()
  const version = String(++counter)
  const own = new Set<string>()
  files.set(version, own)
  return {
    url: fileUrl => {
      own.add(fileURLToPath(fileUrl))
      return withVersion(fileUrl, version)
    },
    files: () => [...own],
  }
}

function hook(): void {
  if (hooked) return
  hooked = true
  registerHooks({
    resolve(specifier, context, nextResolve) {
      const version = versionOf(context.parentURL)
      if (version === null) return nextResolve(specifier, context)
      if (isPackage(specifier)) return resolvePackage(specifier, context, nextResolve)
      // Noted before it is found: a file that is missing now is one to wait for.
      if (/^\.{0,2}\//.test(specifier))
        files.get(version)?.add(fileURLToPath(new URL(specifier, context.parentURL)))
      const resolved = nextResolve(specifier, context)
      const url = new URL(resolved.url)
      if (url.protocol !== 'file:' || url.pathname.includes('/node_modules/')) return resolved
      files.get(version)?.add(fileURLToPath(url))
      return { ...resolved, url: withVersion(url, version) }
    },
  })
}

/** `@zg/...` resolves from the project, else from this installation: a folder without node_modules works, too. */
const resolvePackage: NonNullable<Parameters<typeof registerHooks>[0]['resolve']> = (
  specifier,
  context,
  nextResolve,
) => {
  try {
    return nextResolve(specifier, context)
  } catch (error) {
    if (!specifier.startsWith('@zg/')) throw error
    return nextResolve(specifier, { ...context, parentURL: import.meta.url })
  }
}

function isPackage(specifier: string): boolean {
  return !/^(\.{0,2}\/|file:|#)/.test(specifier)
}

function versionOf(url: string | undefined): string | null {
  return url?.startsWith('file:') ? new URL(url).searchParams.get(PARAMETER) : null
}

function withVersion(fileUrl: URL, version: string): string {
  const url = new URL(fileUrl)
  url.searchParams.set(PARAMETER, version)
  return url.href
}
