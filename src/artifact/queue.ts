/** Runs what it is given one after the other, in the order asked, also past a failure. */
export function makeQueue(): <T>(fn: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve()
  return (fn) => {
    const next = last.then(fn)
    last = next.catch(() => undefined)
    return next
  }
}
