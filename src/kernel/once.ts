/** Something made when it is first asked for; the same afterwards. For a promise: also where it fails. */
export function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => (made ??= { value: make() }).value
}
