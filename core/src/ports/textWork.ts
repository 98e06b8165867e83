import type { Admission, TextContent, TextSource } from '../change/kinds/text.ts'

/**
 * What opening texts asks of a host (`core/change/text`). Strangers' updates are opened here, so a gateway does it away from the
 * thread that serves, with a time limit; a simulator does it on the spot.
 */
export interface TextWork {
  /** Each on its own: `null` where a text cannot be opened. In the order asked. */
  read(sources: readonly TextSource[]): Promise<readonly (TextContent | null)[]>
  /** Refuses what takes too long. */
  admit(source: TextSource, update: Uint8Array): Promise<Admission>
  /** Null: it says that already. Rejects when it takes too long. */
  revise(source: TextSource, value: string, client: number): Promise<Uint8Array | null>
  close(): Promise<void>
}
