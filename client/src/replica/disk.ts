/**
 * Where a replica keeps what must outlive it: a few files of text, nobody else's. What is written is read at once, and durable
 * when a `sync` that began later resolves. What a crash leaves is everything up to some write, in the order they were made
 * whatever their files, the last of them perhaps in part; only a `replace` is all or nothing. (One IndexedDB database keeps that.)
 */
export interface Disk {
  /** The names of all files. */
  list(): Promise<readonly string[]>
  /** Null: there is no such file. */
  read(name: string): Promise<string | null>
  append(name: string, text: string): void
  /** `null` removes the file. */
  replace(name: string, text: string | null): void
  /** Rejects when it cannot be made durable; then nothing written since the last one is certain. */
  sync(): Promise<void>
}
