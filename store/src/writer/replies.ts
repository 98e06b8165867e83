import type { Host } from './host.ts'

/** So many callers are answered at a stretch: each answer sets its caller going again. */
const STRETCH = 32

/** Answers that hold, on their way to their callers. */
export interface Replies {
  /**
   * Calls each, in order, and those of one tenant behind what it was given before. The first few at once, the rest
   * as others have their turns, so that neither the next batch nor another tenant waits for all of them.
   */
  give(tenant: string, answers: readonly (() => void)[]): void
  /** Answers not given yet. */
  readonly left: number
}

export function createReplies({ breathe }: Pick<Host, 'breathe'>): Replies {
  const tenants = new Map<string, (() => void)[]>()
  let left = 0
  let giving = false

  const some = (list: (() => void)[], count: number): void => {
    const now = list.splice(0, count)
    left -= now.length
    for (const answer of now) answer()
  }

  const giveRest = async (): Promise<void> => {
    while (tenants.size > 0) {
      await breathe()
      const share = Math.max(1, Math.floor(STRETCH / tenants.size))
      for (const [tenant, list] of tenants) {
        some(list, share)
        if (list.length === 0) tenants.delete(tenant)
      }
    }
    giving = false
  }

  return {
    get left() {
      return left
    },
    give: (tenant, answers) => {
      left += answers.length
      const before = tenants.get(tenant)
      if (before) {
        before.push(...answers)
        return
      }
      const list = [...answers]
      some(list, STRETCH)
      if (list.length === 0) return
      tenants.set(tenant, list)
      if (giving) return
      giving = true
      void giveRest()
    },
  }
}
