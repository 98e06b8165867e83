import { type Problem, problem } from '@zg/core/problem'

/**
 * Reads untrusted JSON strictly and collects what is wrong with it, so that all of it is told at once. Every
 * method answers an empty value of its type where there is none, so that reading can go on.
 */
export class Reading {
  readonly problems: Problem[] = []

  bad(path: readonly string[], message: string): void {
    this.problems.push(problem('BAD_MAPPING', path, message))
  }

  /** The members of an object. With `known`, others are problems. */
  record(json: unknown, path: readonly string[], known?: readonly string[]): ReadonlyMap<string, unknown> {
    if (!isRecord(json)) {
      this.bad(path, known ? `must be an object with ${known.join(', ')}` : 'must be an object')
      return new Map()
    }
    for (const key of Object.keys(json)) {
      if (!known || known.includes(key)) continue
      this.bad([...path, key], `is not known here; it may be: ${known.join(', ')}`)
    }
    return new Map(Object.entries(json))
  }

  list(json: unknown, path: readonly string[]): readonly unknown[] {
    if (Array.isArray(json)) return json
    this.bad(path, 'must be a list')
    return []
  }

  /** A text that is not empty. */
  text(json: unknown, path: readonly string[]): string {
    if (typeof json === 'string' && json !== '') return json
    this.bad(path, 'must be a text')
    return ''
  }

  boolean(json: unknown, path: readonly string[]): boolean {
    if (typeof json === 'boolean') return json
    this.bad(path, 'must be true or false')
    return false
  }

  /** Whether it is an object with that member. */
  has(json: unknown, key: string): boolean {
    return isRecord(json) && Object.hasOwn(json, key)
  }
}

function isRecord(json: unknown): json is Readonly<Record<string, unknown>> {
  return typeof json === 'object' && json !== null && !Array.isArray(json)
}
