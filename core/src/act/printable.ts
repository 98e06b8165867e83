/** A stranger's name as text that every store can hold: a NUL in a stored verdict would poison its batch. */
export function printable(name: string): string {
  return JSON.stringify(name).slice(1, -1)
}
