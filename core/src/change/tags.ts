import type { Hlc } from './clock.ts'
import type { Tags } from './instance.ts'

/**
 * Adds `by` to the count of every tag, in place, dropping what reaches 0. `tags` must be the caller's own copy;
 * the list must not repeat a tag.
 */
export function count(tags: { [tag: Hlc]: number }, list: Iterable<Hlc>, by: 1 | -1): void {
  for (const tag of list) {
    const sum = (tags[tag] ?? 0) + by
    if (sum === 0) delete tags[tag]
    else tags[tag] = sum
  }
}

/** The tags that were added and not removed, in order. */
export function liveTags(tags: Tags): readonly Hlc[] {
  return Object.keys(tags)
    .filter(tag => tags[tag] === 1)
    .sort()
}

/** Whether any tag is live, without building a list. */
export function isLive(tags: Tags): boolean {
  for (const tag in tags) if (tags[tag] === 1) return true
  return false
}
