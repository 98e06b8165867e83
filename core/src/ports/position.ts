/**
 * A place in the log, per tenant: the scope's own tenant and, when it reads that too, `main`.
 * Outside ZG it travels as an opaque `Cursor` (core/ports/cursor). Never an HLC.
 */
export interface Position {
  /** Which log: fixed when a database is created, so that a cursor of another one is recognised. */
  readonly log: string
  /** The last `seq` seen, by tenant. */
  readonly seqs: { readonly [tenant: string]: number }
}
