/** How the log is followed. */
export interface Way {
  readonly kind: 'follow' | 'replicate'
  readonly tenant: string
  /** Only rows that are marked are asked for. */
  readonly marked: boolean
}

export interface Followed {
  readonly ms: number
  /** ms */
  readonly cpu: number
  /** Different rows, and those among them that are marked as they were told last. */
  readonly rows: number
  readonly marked: number
  /** Megabytes by which the process was larger at its peak than before. */
  readonly grown: number
}

/** The stars of a row that was changed. */
export const MARK = 9
