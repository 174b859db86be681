/** Puts values into the group of a key, which begins with the first. Copies nothing: one key may have as many values as a hostile file has lines. */
export function addToGroup<Key, Value>(groups: Map<Key, Value[]>, key: Key, ...values: readonly Value[]): void {
  const group = groups.get(key)
  if (group === undefined) groups.set(key, [...values])
  else for (const value of values) group.push(value)
}
