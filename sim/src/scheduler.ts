/**
 * Virtual time. Everything that takes time in a history is an event here, and the next one happens only when all
 * promises that the last one settled have run their course: so the order of events is all the order there is.
 */
export interface Scheduler {
  /** ms since the beginning of the history. */
  now(): number
  /** `what`: a word for the trace. Equal times happen in the order they were asked for. */
  after(ms: number, what: string, happen: () => void): Cancel
  /** Until `done` says so, or nothing is left, or the time is up, or too much has happened: then false. */
  run(done: () => boolean, limit: number): Promise<boolean>
}

/** Histories have 2,000 events at most. One that has so many goes round in circles, and hardly any time passes. */
const EVENTS = 100_000

export type Cancel = () => void

interface Event {
  readonly at: number
  readonly order: number
  readonly what: string
  happen: (() => void) | null
}

export function createScheduler(trace?: (at: number, what: string) => void): Scheduler {
  const heap: Event[] = []
  let time = 0
  let count = 0

  return {
    now: () => time,
    after: (ms, what, happen) => {
      const event: Event = { at: time + Math.max(0, ms), order: count++, what, happen }
      push(heap, event)
      return () => {
        event.happen = null
      }
    },
    run: async (done, limit) => {
      await settle()
      for (let happened = 0; !done(); happened++) {
        const event = pop(heap)
        if (!event || event.at > limit || happened > EVENTS) return false
        if (!event.happen) continue
        time = event.at
        trace?.(time, event.what)
        event.happen()
        await settle()
      }
      return true
    },
  }
}

/** Promise continuations run before any immediate does, also those that they themselves cause. */
function settle(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}

function before(a: Event, b: Event): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order)
}

function push(heap: Event[], event: Event): void {
  let i = heap.push(event) - 1
  while (i > 0) {
    const parent = (i - 1) >> 1
    const above = heap[parent] as Event
    if (!before(event, above)) break
    heap[i] = above
    i = parent
  }
  heap[i] = event
}

function pop(heap: Event[]): Event | undefined {
  const first = heap[0]
  const last = heap.pop()
  if (!first || !last || first === last) return first
  let i = 0
  for (;;) {
    let child = 2 * i + 1
    if (child >= heap.length) break
    if (child + 1 < heap.length && before(heap[child + 1] as Event, heap[child] as Event)) child++
    const below = heap[child] as Event
    if (!before(below, last)) break
    heap[i] = below
    i = child
  }
  heap[i] = last
  return first
}
