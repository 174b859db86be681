/**
 * Does something with each item, at most `atOnce` at a time, and gives out the results in the order of the items, each as
 * soon as it and all before it are there; a slow one does not keep the others from going on. What `run` throws is thrown in its
 * turn, and nothing new is begun.
 */
export async function* inOrder<T, R>(items: readonly T[], atOnce: number, run: (item: T) => Promise<R>): AsyncGenerator<R> {
  const turns = items.map(() => Promise.withResolvers<R>())
  // Whoever waits for it in its turn hears of its failure; until then it must not count as unheard.
  for (const { promise } of turns) promise.catch(() => undefined)
  const rest = items.map((item, at) => ({ item, turn: turns[at] })).values()
  let isStopped = false
  const work = async (): Promise<void> => {
    for (const { item, turn } of rest) {
      if (isStopped) return
      await run(item).then(turn?.resolve, turn?.reject)
    }
  }
  const workers = Array.from({ length: Math.min(atOnce, items.length) }, work)
  try {
    for (let turn = turns.shift(); turn !== undefined; turn = turns.shift()) yield await turn.promise
  } finally {
    isStopped = true
    await Promise.all(workers)
  }
}
