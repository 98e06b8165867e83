import { isPromise } from '../execute/maybe.ts'

/**
 * A list for graphql 16 to complete. Where an item throws at once graphql forgets the promises of the items before it:
 * if one of these fails, too, nobody hears it, and Node ends the process. So each item comes as something whose `then`
 * answers at once, and throws at once only as long as there is no promise to forget.
 */
export function items(list: unknown): unknown {
  if (!isIterable(list)) return list
  const all = [...list]
  let waits = all.some(isPromise)
  const completed = (item: unknown, complete: (item: unknown) => unknown): unknown => {
    try {
      const value = complete(item)
      waits ||= isPromise(value)
      return value
    } catch (error) {
      if (waits) return Promise.reject(error)
      throw error
    }
  }
  // biome-ignore lint/suspicious/noThenProperty: what has one is a promise to graphql.
  return all.map(item => (isPromise(item) ? item : { then: completed.bind(null, item) }))
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.iterator in value
}
