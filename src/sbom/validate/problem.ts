/** What is wrong with an SBOM: an `error` breaks its format, a `warning` is allowed and will trouble whoever reads it. */
export type Problem = { readonly severity: 'error' | 'warning'; readonly path: string; readonly message: string }

/** So many problems are told; more help nobody. */
export const MOST_PROBLEMS = 100
