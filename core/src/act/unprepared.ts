/**
 * Thrown when judging meets an edit of a text that was not prepared for this row: which row an upsert is about shows under the
 * lock only. The writer prepares it for that row and tries again.
 */
export class UnpreparedText extends Error {
  /** The index of the act. */
  readonly act: number
  /** The row it turned out to be about. */
  readonly id: string

  constructor(act: number, id: string) {
    super(`Act ${act} edits a text of ${id}, and its update was not prepared`)
    this.name = 'UnpreparedText'
    this.act = act
    this.id = id
  }
}
