/** What the header of a model file says. Texts are as written, and not checked. */
export type ModelFacts = {
  readonly name?: string | undefined
  readonly version?: string | undefined
  readonly licence?: string | undefined
  readonly maker?: string | undefined
  /** Further facts, by their property. */
  readonly properties: Readonly<Record<string, string | undefined>>
}
