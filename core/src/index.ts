export type { Act, FieldAct, FieldActs } from './act/act.ts'
export type { Check, Checks, Defaults, ModelCode } from './act/checks.ts'
export type { Lane } from './act/lane.ts'
export { laneOf } from './act/lane.ts'
export { decodeBytes } from './base64url.ts'
export { changeBytes, changeHash } from './change/bytes.ts'
export type { Change, Op } from './change/change.ts'
export type { Clock, ClockOptions, Hlc, HlcParts } from './change/clock.ts'
export { compareHlc, createClock, hlcMs, isAhead, MAX_COUNTER, parseHlc } from './change/clock.ts'
export type { Cell, Instance } from './change/instance.ts'
export { NOTHING } from './change/instance.ts'
export { apply, distinct, merge, undo, visible } from './change/merge.ts'
export { MAX_CHANGE_BYTES, parseChange } from './change/parse.ts'
export { openText, readText, reviseText } from './change/text.ts'
export type { Catalog, EntityView } from './ir/catalog.ts'
export { catalog } from './ir/catalog.ts'
export type { EntityIR, FieldIR, InverseIR, ModelIR, TypeIR } from './ir/ir.ts'
export type { Json } from './json.ts'
export { projections } from './memory/projection.ts'
export { memoryReader } from './memory/reader.ts'
export { rowOf } from './memory/rows.ts'
export type { MemoryStorage, TenantState } from './memory/storage.ts'
export { memoryStorage } from './memory/storage.ts'
export { decodeCursor, encodeCursor } from './ports/cursor.ts'
export type {
  Feed,
  FeedBatch,
  FeedEvent,
  FollowRequest,
  Loaded,
  ReplicaBatch,
  ReplicaEvent,
  ReplicaText,
  ReplicateRequest,
  ResetReason,
  Shape,
  Since,
  Touches,
} from './ports/feed.ts'
export type { Position } from './ports/position.ts'
export type { Reader, Snapshot } from './ports/reader.ts'
export type { Principal, Scope } from './ports/scope.ts'
export { ANONYMOUS, MAIN } from './ports/scope.ts'
export type { Batch, Entry, LogChunk, Storage } from './ports/storage.ts'
export { StatementRefused } from './ports/storage.ts'
export type {
  Authority,
  Mutation,
  Outcome,
  Push,
  PushAnswer,
  PushRefusal,
  Verdict,
  Work,
  Writer,
} from './ports/writer.ts'
export type { Problem } from './problem.ts'
export { formatProblem, ProblemError } from './problem.ts'
export type { Predicate } from './query/evaluate.ts'
export { predicate } from './query/evaluate.ts'
export type { Expression, Operand } from './query/expression.ts'
export type { Order, Query, Row } from './query/query.ts'
export { stateOf } from './query/query.ts'
export type { Channel, Receiver } from './sync/channel.ts'
export type { InProcess } from './sync/inProcess.ts'
export { inProcess } from './sync/inProcess.ts'
