import type { Device } from './plan.ts'
import type { Scheduler } from './scheduler.ts'

/** 2026-01-01, when every history begins. */
const EPOCH = 1_767_225_600_000

/** What a device takes for the time: off by its skew, drifting, and set at any moment. */
export interface DeviceClock {
  /** ms since 1970. */
  now(): number
  /** Somebody, or NTP, sets it: back as well as forward. */
  step(ms: number): void
}

export function createDeviceClock(scheduler: Scheduler, { skew, drift }: Device): DeviceClock {
  let stepped = 0
  return {
    now: () => Math.floor(EPOCH + skew + stepped + scheduler.now() * (1 + drift)),
    step: ms => {
      stepped += ms
    },
  }
}
