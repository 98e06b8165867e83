/** More changes than this in one mutation are refused (`TOO_LARGE`). */
export const MUTATION_LIMIT = 10_000
