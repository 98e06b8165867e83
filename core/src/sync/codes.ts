/**
 * Why a session ends: the close code of a WebSocket, and after how many ms to connect again (null: not until
 * something has changed).
 */
export const REFUSALS = {
  BAD_FRAME: { close: 4400, retry: 10_000 },
  BAD_MESSAGE: { close: 4401, retry: 10_000 },
  UNEXPECTED: { close: 4402, retry: 10_000 },
  FORBIDDEN: { close: 4403, retry: null },
  VERSION: { close: 4406, retry: null },
  SCHEMA: { close: 4407, retry: null },
  SILENT: { close: 4408, retry: 1_000 },
  SLOW_READER: { close: 4413, retry: 1_000 },
  UNAVAILABLE: { close: 4503, retry: 2_000 },
  SHUTTING_DOWN: { close: 1001, retry: 1_000 },
  SCHEMA_CHANGED: { close: 1012, retry: 1_000 },
} as const

export type RefusalCode = keyof typeof REFUSALS

export function isRefusalCode(value: unknown): value is RefusalCode {
  return typeof value === 'string' && Object.hasOwn(REFUSALS, value)
}
