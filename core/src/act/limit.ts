/** More changes than this in one mutation are refused (`TOO_LARGE`). */
export const MUTATION_LIMIT = 10_000
/** And more canonical bytes of changes than this. */
export const MUTATION_BYTES = 8 * 2 ** 20

/** So many acts or changes are judged at a stretch: `judge` and `admit` stop there for whoever wants a turn. */
export const STRETCH = 64
