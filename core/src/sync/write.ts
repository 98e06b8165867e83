import { batchJson } from '../ports/replicaWire.ts'
import type { ClientMessage, ServerMessage } from './message.ts'

/** A message as it stands in a frame; `parse.ts` reads it. O(size). */
export function writeMessage(message: ClientMessage | ServerMessage): string {
  return JSON.stringify(message.kind === 'batch' ? { ...message, body: batchJson(message.body) } : message)
}
