import { createClock, type Hlc, replicaId } from '@zg/core/change/clock'
import type { Instance } from '@zg/core/change/instance'
import { stampsOf } from './stamps.ts'

/** The clock of one opened replica. Every opening takes a fresh replica id. */
export interface DeviceClock {
  stamp(above: Iterable<Hlc>): Hlc
  /** What a gateway has accepted: later stamps are greater. */
  observe(instance: Instance): void
  /** Server time minus device time, ms. */
  learn(ms: number): void
  /** Begins anew at the time that was learnt: what was stamped too far ahead holds nobody up any more. */
  restart(): void
}

export interface DeviceClockOptions {
  readonly now: () => number
  readonly random: (bytes: number) => Uint8Array
  /** The greatest stamp given before. */
  readonly last: Hlc | null
}

export function createDeviceClock({ now, random, last }: DeviceClockOptions): DeviceClock {
  let clock = createClock({ now, replica: replicaId(random), last })
  let offset = 0
  /** The greatest stamp that a gateway has accepted. */
  let seen: Hlc | null = null

  return {
    stamp: above => clock.stamp(above),
    observe: instance => {
      for (const stamp of stampsOf(instance)) {
        if (seen !== null && stamp <= seen) continue
        seen = stamp
        clock.observe(stamp)
      }
    },
    learn: ms => {
      offset = ms
      clock.learnOffset(ms)
    },
    restart: () => {
      clock = createClock({ now, replica: replicaId(random), last: seen })
      clock.learnOffset(offset)
    },
  }
}
