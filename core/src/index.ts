export type { Act, FieldAct, FieldActs } from './act/act.ts'
export type { Check, Checks, Defaults, ModelCode } from './act/checks.ts'
export type { Lane } from './act/lane.ts'
export { laneOf } from './act/lane.ts'
export { changeBytes, changeHash } from './change/bytes.ts'
export type { Change, Op } from './change/change.ts'
export type { Clock, ClockOptions, Hlc, HlcParts } from './change/clock.ts'
export { compareHlc, createClock, hlcMs, isAhead, MAX_COUNTER, parseHlc } from './change/clock.ts'
export type { Cell, Instance } from './change/instance.ts'
export { apply, distinct, merge, visible } from './change/merge.ts'
export { MAX_CHANGE_BYTES, parseChange } from './change/parse.ts'
export type { Catalog, EntityView } from './ir/catalog.ts'
export { catalog } from './ir/catalog.ts'
export type { EntityIR, FieldIR, InverseIR, ModelIR, TypeIR } from './ir/ir.ts'
export type { Json } from './json.ts'
export { decodeCursor, encodeCursor } from './ports/cursor.ts'
export type { Feed, FeedBatch, FeedEvent, FollowRequest, Shape, Touches } from './ports/feed.ts'
export type { Position } from './ports/position.ts'
export type { Reader, Snapshot } from './ports/reader.ts'
export type { Principal, Scope } from './ports/scope.ts'
export { ANONYMOUS, MAIN } from './ports/scope.ts'
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
export type { Expression, Operand } from './query/expression.ts'
export type { Order, Query, Row } from './query/query.ts'
