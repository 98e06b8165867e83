import type { MaybePromise } from '@zg/core/ports/scope'

/** `value.then(next)` without leaving the present turn when there is no promise to wait for. */
export function chain<T, U>(value: MaybePromise<T>, next: (value: T) => MaybePromise<U>): MaybePromise<U> {
  return isPromise(value) ? value.then(next) : next(value)
}

/** Both, begun at once. */
export function both<T, U, V>(
  one: MaybePromise<T>,
  other: MaybePromise<U>,
  next: (one: T, other: U) => MaybePromise<V>,
): MaybePromise<V> {
  if (isPromise(one) || isPromise(other)) return Promise.all([one, other]).then(([a, b]) => next(a, b))
  return next(one, other)
}

/** All of them, in order; at once when none has to be waited for. */
export function all<T>(values: readonly MaybePromise<T>[]): MaybePromise<readonly T[]> {
  return values.some(isPromise) ? Promise.all(values) : (values as readonly T[])
}

/** All of them, begun one after the other. Once one throws, what those already begun come to interests nobody. */
export function together<T>(works: readonly (() => MaybePromise<T>)[]): MaybePromise<readonly T[]> {
  const begun: MaybePromise<T>[] = []
  try {
    for (const work of works) begun.push(work())
  } catch (error) {
    for (const value of begun) if (isPromise(value)) value.catch(() => {})
    throw error
  }
  return all(begun)
}

/** What `work` gives, or, where it throws, at once or later, what `rescue` makes of that. */
export function rescued<T>(
  work: () => MaybePromise<T>,
  rescue: (error: unknown) => MaybePromise<T>,
): MaybePromise<T> {
  try {
    const value = work()
    return isPromise(value) ? value.catch(rescue) : value
  } catch (error) {
    return rescue(error)
  }
}

/** Runs `last` once `work` has ended, whether it answered or threw, at once or later; keeps its answer. */
export function ending<T>(work: () => MaybePromise<T>, last: () => MaybePromise<void>): MaybePromise<T> {
  let value: MaybePromise<T>
  try {
    value = work()
  } catch (error) {
    return chain(last(), () => {
      throw error
    })
  }
  if (isPromise(value)) return value.finally(last)
  const done = value
  return chain(last(), () => done)
}

export function isPromise<T>(value: MaybePromise<T>): value is Promise<T> {
  return (
    typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
  )
}
