import { type Problem, problem } from '../problem.ts'
import { MAX_FRAME } from './message.ts'

/** Numbers the frames of one direction of one connection: `<number> <message as JSON>`, from 1. */
export function frameWriter(): (message: string) => string {
  let sent = 0
  return message => `${++sent} ${message}`
}

export type Unframed =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly problem: Problem }

/**
 * Takes frames apart: the JSON inside, or `BAD_FRAME`. What was cut, lost, repeated or overtaken on the way shows here,
 * and then nothing that follows can be trusted. `longest`: in UTF-16 code units.
 */
export function frameReader(longest: number = MAX_FRAME): (frame: string) => Unframed {
  let received = 0
  return frame => {
    if (frame.length > longest) return bad(`is longer than ${longest} characters`)
    const blank = frame.indexOf(' ')
    const expected = received + 1
    if (frame.slice(0, Math.max(0, blank)) !== String(expected)) return bad(`is not number ${expected}`)
    received = expected
    try {
      return { ok: true, value: JSON.parse(frame.slice(blank + 1)) }
    } catch {
      return bad('holds no JSON: it was cut on its way')
    }
  }
}

function bad(how: string): Unframed {
  return { ok: false, problem: problem('BAD_FRAME', [], `The frame ${how}; connect again`) }
}
