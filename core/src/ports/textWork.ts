import type { Admission, TextContent, TextSource } from '../change/kinds/text.ts'

/**
 * What opening texts asks of a host (`core/change/text`). Strangers' updates are opened here, so a gateway does it away from the
 * thread that serves, with a time limit; a simulator does it on the spot.
 */
export interface TextWork {
  /** Each on its own: `null` where a text cannot be opened. In the order asked. */
  read(sources: readonly TextSource[]): Promise<readonly (TextContent | null)[]>
  /** One answer per update, in order. Refuses what takes too long, and all behind a refused one. */
  admit(request: AdmitRequest): Promise<readonly Admission[]>
  /** Null: it says that already. Rejects when it takes too long. */
  revise(source: TextSource, value: string, client: number): Promise<Uint8Array | null>
  close(): Promise<void>
}

/** Updates of one text, each building on those before it. */
export interface AdmitRequest {
  /** Names the text, so that it may be kept open from one request to the next; null: to be forgotten. */
  readonly text: string | null
  readonly updates: readonly Uint8Array[]
  /** Whether to say how the text reads after each. */
  readonly plain: boolean
  /** The text as it stands now; with `after`, only what came behind that `seq` (`TextRequest.after`). */
  load(after: number | null): Promise<{ readonly source: TextSource; readonly seq: number }>
}
