/** How one version must stand to another. */
export type Relation = '<' | '<=' | '>' | '>=' | '=' | '!='

/** Whether an order (negative, zero, positive: the version against the bound) is the one that is asked for. */
export function isInRelation(order: number, relation: Relation): boolean {
  switch (relation) {
    case '<':
      return order < 0
    case '<=':
      return order <= 0
    case '>':
      return order > 0
    case '>=':
      return order >= 0
    case '=':
      return order === 0
    case '!=':
      return order !== 0
  }
}
