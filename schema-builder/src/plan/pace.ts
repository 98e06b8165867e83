/** Whether a plan reads quickly enough to share a snapshot with others, who would wait for it. */
export interface Pace {
  /** Asked once per run. */
  isQuick(): boolean
  /** A read of its own was given up because others waited. */
  tookLong(): void
}

/** After so many runs it is tried again: what made it slow may have passed. */
const ALONE = 100

export function createPace(): Pace {
  let alone = 0
  return {
    isQuick: () => {
      if (alone === 0) return true
      alone--
      return false
    },
    tookLong: () => {
      alone = ALONE
    },
  }
}
