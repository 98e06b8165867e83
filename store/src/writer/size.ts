/**
 * About how many bytes plain data takes in memory: its texts, and a little for everything else. O(members); what is
 * nested deeper than mutations are does not count.
 */
export function sizeOf(value: unknown, depth = 8): number {
  if (typeof value === 'string') return 16 + 2 * value.length
  if (typeof value !== 'object' || value === null || depth === 0) return 8
  let size = 16
  for (const member of Array.isArray(value) ? value : Object.values(value))
    size += 8 + sizeOf(member, depth - 1)
  return size
}
