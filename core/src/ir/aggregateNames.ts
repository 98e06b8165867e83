/** The GraphQL names around counting, measuring and grouping the rows of an entity. */
export interface AggregateNames {
  /** Root field: `movieGroups`. */
  readonly groups: string
  /** `MovieAggregate`, and the types of its members. */
  readonly aggregate: string
  readonly distinct: string
  readonly sum: string
  readonly average: string
  readonly extremes: string
  /** `MovieGroup`, its keys, and the enum that names them. */
  readonly group: string
  readonly groupKeys: string
  readonly groupField: string
  /** Which groups to answer, and in which order. */
  readonly having: string
  readonly distinctFilter: string
  readonly sumFilter: string
  readonly averageFilter: string
  readonly extremesFilter: string
  readonly groupOrder: string
  readonly keyOrder: string
  readonly numberOrder: string
  readonly extremesOrder: string
}

/** From the names of the entity's type and its singular root field. */
export function aggregateNames(type: string, one: string): AggregateNames {
  return {
    groups: `${one}Groups`,
    aggregate: `${type}Aggregate`,
    distinct: `${type}Distinct`,
    sum: `${type}Sum`,
    average: `${type}Average`,
    extremes: `${type}Extremes`,
    group: `${type}Group`,
    groupKeys: `${type}GroupKeys`,
    groupField: `${type}GroupField`,
    having: `${type}Having`,
    distinctFilter: `${type}DistinctFilter`,
    sumFilter: `${type}SumFilter`,
    averageFilter: `${type}AverageFilter`,
    extremesFilter: `${type}ExtremesFilter`,
    groupOrder: `${type}GroupOrder`,
    keyOrder: `${type}KeyOrder`,
    numberOrder: `${type}NumberOrder`,
    extremesOrder: `${type}ExtremesOrder`,
  }
}

/** Those of types; the root field is not among them. */
export function aggregateTypes({ groups: _, ...types }: AggregateNames): readonly string[] {
  return Object.values(types)
}
