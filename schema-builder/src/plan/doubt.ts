/**
 * A plan answers what has no errors. Where graphql would report one, or might, the plan gives up with this, and
 * graphql itself answers the operation.
 */
export const DOUBT = new Error('The answer has an error in it: graphql is to answer')

/** Thrown while a plan is made: the document asks for something that no plan can say. */
export const UNPLANNED = new Error('No plan can say this: graphql is to answer')
