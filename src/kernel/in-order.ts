/**
 * Does something with each item, at most `atOnce` at a time, and gives out the results in the order of the items, each as
 * soon as it and all before it are there. What `run` throws is thrown in its turn; then nothing new is begun.
 */
export async function* inOrder<T, R>(items: Iterable<T>, atOnce: number, run: (item: T) => Promise<R>): AsyncGenerator<R> {
  const waiting: Promise<R>[] = []
  const rest = items[Symbol.iterator]()
  let busy = 0
  let free: (() => void) | undefined
  const begin = (): boolean => {
    const next = rest.next()
    if (next.done === true) return false
    busy += 1
    const made = run(next.value).finally(() => {
      busy -= 1
      free?.()
    })
    // Whoever waits for it in its turn hears of its failure; until then it must not count as unheard.
    made.catch(() => undefined)
    waiting.push(made)
    return true
  }
  const fill = (): boolean => {
    for (let more = true; more; more = begin()) if (busy >= atOnce) return true
    return false
  }
  for (let more = true; ; ) {
    if (more) more = fill()
    const first = waiting[0]
    if (first === undefined) return
    // A slow first one does not keep the others from going on.
    const settled = first.then(
      () => true,
      () => true,
    )
    const freed = new Promise<false>((resolve) => (free = () => resolve(false)))
    if (!(await Promise.race([settled, more ? freed : settled]))) continue
    waiting.shift()
    yield await first
  }
}
